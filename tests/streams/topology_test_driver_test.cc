#include "streams/topology_test_driver.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "state/stores.h"
#include "topology/streams_builder.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Topology word_count_topology() {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("lines")
      .flat_map_values([](const std::string& line) {
        std::vector<std::string> words;
        std::size_t from = 0;
        for (std::size_t at = 0; at <= line.size(); ++at) {
          if (at != line.size() && line[at] != ' ') continue;
          words.push_back(line.substr(from, at - from));
          from = at + 1;
        }
        return words;
      })
      .group_by([](const std::string& word) { return word; })
      .windowed_by(TimeWindows::of_size_and_grace(10s, 2s))
      .count(Materialized::as("word-counts"))
      .to_stream()
      .to("word-counts-by-window");
  return builder.build();
}

TEST(TopologyTestDriver, CountsWordsPerWindow) {
  TopologyTestDriver driver{word_count_topology()};
  auto lines = driver.input_topic<std::string, std::string>("lines");
  auto counts = driver.output_topic<Windowed<std::string>, std::int64_t>("word-counts-by-window");

  lines.pipe_input({}, "to be or not to be", 1s);

  EXPECT_THAT(counts.read_key_values_to_map(), Contains(Pair(window("be", 0s, 10s), 2)));
  EXPECT_EQ((driver.window_store<std::string, std::int64_t>("word-counts").fetch("to", 0s)), 2);
}

TEST(TopologyTestDriver, SaysWhatIsWrongWithATopology) {
  Topology topology;
  topology.add_sink("out", "o", "nobody");
  EXPECT_THAT([&] { TopologyTestDriver driver{topology}; },
              testing::ThrowsMessage<TestDriverError>(HasSubstr("nobody")));
}

TEST(TopologyTestDriver, NamesTheRecordAndTheProcessorThatFailed) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in")
      .map_values([](const std::string&) -> std::string { throw std::runtime_error("boom"); }, Named::as("mapper"))
      .to("out");
  TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, std::string>("in");
  EXPECT_THAT([&] { in.pipe_input("k", "v", 1s); }, testing::ThrowsMessage<TestDriverError>(testing::AllOf(
                                                        HasSubstr("mapper"), HasSubstr("in-0@0"), HasSubstr("boom"))));
}

TEST(TopologyTestDriver, ContinuingHandlerSkipsWhatDoesNotDecode) {
  StreamsBuilder builder;
  builder.stream<std::string, std::int64_t>("in").to("out");
  TestDriverOptions options;
  options.handlers.deserialization = [](const FailedRecord&) { return OnError::kContinue; };
  TopologyTestDriver driver{builder.build(), options};
  driver.input_topic<std::string, std::string>("in").pipe_input("k", "three", 1s);
  driver.input_topic<std::string, std::int64_t>("in").pipe_input("k", 3, 2s);
  EXPECT_THAT((driver.output_topic<std::string, std::int64_t>("out").read_values_to_list()), ElementsAre(3));
  EXPECT_EQ(driver.dropped_records_total(), 1);
}

struct Heartbeat : Processor<std::string, std::string, std::string, std::int64_t> {
  void init(Context& context) override {
    context.schedule(1s, PunctuationType::kWallClockTime, [this](Timestamp now) {
      forward(Record<std::string, std::int64_t>{"beat", now.ms(), now, {}});
    });
  }
  void process(const Record<std::string, std::string>&) override {}
};

TEST(TopologyTestDriver, WallClockTimersFireOncePerAdvance) {
  Topology topology;
  topology.add_source<std::string, std::string>("in", "in")
      .add_processor<Heartbeat>("heart", "in")
      .add_sink("out", "out", "heart");
  TopologyTestDriver driver{topology};
  auto beats = driver.output_topic<std::string, std::int64_t>("out");
  driver.advance_wall_clock_time(999ms);
  EXPECT_FALSE(beats.read_record().has_value());
  driver.advance_wall_clock_time(1ms);
  driver.advance_wall_clock_time(10s);
  EXPECT_THAT(beats.read_values_to_list(), ElementsAre(1000, 11000));
}

}  // namespace
}  // namespace leat
