#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/topology/nodes_fixture.h"
#include "topology/processor.h"
#include "topology/streams_builder.h"
#include "topology/text.h"

namespace leat::test {
namespace {

using S = std::string;
using OS = std::optional<std::string>;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

template <class Write>
Pipe pipe(Write write) {
  StreamsBuilder builder;
  write(builder.stream<S, S>("in"));
  return Pipe(builder.build());
}

TEST(NullsTest, AMapperOfPlainValuesPassesNullOn) {
  Pipe p = pipe([](auto in) { in.map_values([](const S& v) { return v + "!"; }).to("out"); });
  p.feed("in", "k", std::nullopt);
  p.feed("in", "k", "v");
  EXPECT_THAT(p.sent(), ElementsAre(Pipe::Sent{"out", "k", std::nullopt, 0}, Pipe::Sent{"out", "k", "v!", 0}));
}

TEST(NullsTest, AMapperOfOptionalsSeesNull) {
  Pipe p = pipe([](auto in) { in.map_values([](const OS& v) { return v.value_or("null"); }).to("out"); });
  p.feed("in", "k", std::nullopt);
  EXPECT_THAT(p.sent(), ElementsAre(Pipe::Sent{"out", "k", "null", 0}));
}

TEST(NullsTest, AMapperMayReturnNull) {
  Pipe p = pipe([](auto in) { in.map_values([](const S&) { return OS(); }).to("out"); });
  p.feed("in", "k", "v");
  EXPECT_THAT(p.sent(), ElementsAre(Pipe::Sent{"out", "k", std::nullopt, 0}));
}

TEST(NullsTest, APredicateOfPlainValuesIsFalseForNull) {
  Pipe p = pipe([](auto in) {
    in.filter([](const S&) { return true; }).to("kept");
    in.filter_not([](const S&) { return true; }).to("rest");
  });
  p.feed("in", "k", std::nullopt);
  EXPECT_THAT(p.sent(), ElementsAre(Pipe::Sent{"rest", "k", std::nullopt, 0}));
}

TEST(NullsTest, ANullKeyMetByAPlainKeyFailsAndSaysWhatToDo) {
  Pipe p = pipe([](auto in) { in.map_values([](const S& k, const S& v) { return k + v; }).to("out"); });
  const S failure = p.feed("in", std::nullopt, "v");
  EXPECT_THAT(failure, HasSubstr("KSTREAM-MAPVALUES-0000000001"));
  EXPECT_THAT(failure, HasSubstr("in-0@0"));
  EXPECT_THAT(failure, HasSubstr("std::optional<Key>"));
}

TEST(NullsTest, NullKeysAreDroppedBeforeARepartition) {
  Pipe p = pipe([](auto in) { in.select_key([](const S& v) { return v; }).repartition().to("out"); });
  p.feed("in", "k", std::nullopt);
  EXPECT_THAT(p.sent(), IsEmpty());
}

TEST(LambdasTest, ViewsBecomeStringsAndGenericLambdasAreCalled) {
  Pipe p = pipe([](auto in) {
    in.map_values([](std::string_view v) { return v.substr(1); })
        .map([](const auto& k, const auto& v) {
          return KeyValue{v, k};
        })
        .to("out");
  });
  p.feed("in", "k", "xyz");
  EXPECT_THAT(p.sent(), ElementsAre(Pipe::Sent{"out", "yz", "k", 0}));
}

TEST(ErrorsTest, OnlyTheFailingBranchLosesTheRecord) {
  Pipe p = pipe([](auto in) {
    in.to("before");
    in.map_values([](const S&) -> S { throw std::runtime_error("boom"); }).to("failing");
    in.to("after");
  });
  p.continues = true;
  EXPECT_EQ(p.feed("in", "k", "v"), "");
  EXPECT_THAT(p.sent(), ElementsAre(Pipe::Sent{"before", "k", "v", 0}, Pipe::Sent{"after", "k", "v", 0}));
  EXPECT_EQ(p.drops[DropCause::kProcessingError], 1);
  p.continues = false;
  EXPECT_THAT(p.feed("in", "k", "v"), HasSubstr("boom"));
}

struct Later : Processor<S, S, S, S> {
  void process(const Record<S, S>& record) override {
    record.headers.add("seen", "1");
    forward(record.with_timestamp(record.timestamp + std::chrono::seconds(1)), "first");
    forward(record, "second");
  }
};

TEST(ProcessorTest, ForwardsToNamedChildrenWithItsOwnTimestamp) {
  Topology topology;
  topology.add_source<S, S>("in", "in").add_processor<Later>("later", "in");
  topology.add_sink("first", "a", "later").add_sink("second", "b", "later");
  Pipe p(topology);
  p.feed("in", "k", "v", 5);
  EXPECT_THAT(p.sent(), ElementsAre(Pipe::Sent{"a", "k", "v", 1005}, Pipe::Sent{"b", "k", "v", 5}));
}

TEST(TopologyTest, ReportsAllMistakesAtOnce) {
  Topology topology;
  topology.add_source<S, S>("in", "in").add_source<S, S>("again", "in").add_processor<Later>("p", "nobody");
  const auto plan = topology.plan({.application_id = "app"});
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(plan.error().message, HasSubstr("topic in is already read"));
  EXPECT_THAT(plan.error().message, HasSubstr("nobody"));
}

TEST(TextTest, WordsAreLowerCaseRunsOfLetters) {
  EXPECT_THAT(text::words("To be, or NOT to-be? "), ElementsAre("to", "be", "or", "not", "to", "be"));
  EXPECT_THAT(text::words(" ,"), IsEmpty());
}

}  // namespace
}  // namespace leat::test
