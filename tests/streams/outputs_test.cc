// Where records go: topics that a sink's extractor names, records that cannot be written, and dead letters.
#include "application_fixture.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr std::int64_t kStart = 1'700'000'000'000;

/// To the topic "to-" and the first letter of the value.
Topology by_first_letter(const Produced& produced = {}) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").to(
      [](const std::string*, const std::string* value, const RecordContext&) { return "to-" + value->substr(0, 1); },
      produced);
  return builder.build();
}

class Outputs : public Application {
 protected:
  explicit Outputs(bool auto_create_topics = true)
      : Application([=](server::BrokerConfig& config) { config.auto_create_topics = auto_create_topics; }) {}
  /// The handlers of the hosts look at what is ours.
  ~Outputs() override {
    for (auto& host : hosts_) host->kill();
  }
  void say(const std::string& topic, const std::vector<std::string>& words) {
    std::vector<Line> lines;
    for (const std::string& word : words) lines.push_back({word, word, kStart});
    produce(topic, lines);
  }
  void run_until_out(const std::string& topic, std::size_t count) {
    run_until([&] { return values_of(topic).size() >= count; });
  }
  /// Asked in vain.
  ErrorHandlers::ProductionHandler answer(OnProductionError decision) {
    return [this, decision](const FailedSend& failed) {
      asked_.push_back(failed.to_topic + ": " + failed.message);
      retriable_ = failed.retriable;
      return decision;
    };
  }
  std::vector<std::string> asked_;
  bool retriable_ = false;
};

class OutputsWithoutAutoCreate : public Outputs {
 protected:
  OutputsWithoutAutoCreate() : Outputs(false) {}
};

TEST_F(Outputs, TopicsThatAnExtractorNamesAreMadeAndWrittenInOrder) {
  compute(by_first_letter());
  start("host");
  run_until_settled();
  say("in", {"a1", "b1"});
  say("in", {"a2", "b2", "c1"});
  run_until_out("to-a", 2);
  run_until_out("to-b", 2);
  run_until_out("to-c", 1);
  run_for(1s);
  EXPECT_THAT(values_of("to-a"), UnorderedElementsAre("a1", "a2"));
  EXPECT_THAT(values_of("to-b"), UnorderedElementsAre("b1", "b2"));
  EXPECT_THAT(values_of("to-c"), ElementsAre("c1"));
}

TEST_F(Outputs, APartitionerIsAskedWhenTheTopicIsKnown) {
  std::vector<std::int32_t> counts;
  const Produced::Partitioner<std::string, std::string> last =
      [&](std::string_view, const std::string*, const std::string* value, std::int32_t count) -> Partitions {
    counts.push_back(count);
    if (*value == "a-none") return Partitions(std::vector<std::int32_t>{});
    return Partitions(std::vector<std::int32_t>{count - 1, 0});
  };
  compute(by_first_letter(Produced().with_partitioner<std::string, std::string>(last)));
  start("host");
  run_until_settled();
  say("in", {"a1", "a-none"});
  run_until_out("to-a", 2);
  run_for(1s);
  EXPECT_THAT(values_of("to-a"), ElementsAre("a1", "a1"));
  EXPECT_THAT(counts, testing::Each(kPartitions));
}

TEST_F(OutputsWithoutAutoCreate, AnUnknownTopicIsRetriedUntilItComesAndNothingIsLost) {
  compute(by_first_letter());
  make_topic("to-a");
  auto config = this->config();
  config.error_handlers.production = answer(OnProductionError::kRetry);
  ApplicationHost& host = start("host", config);
  run_until_settled();
  say("in", {"a1", "b1", "a2"});
  run_until([&] { return !asked_.empty(); });
  EXPECT_THAT(asked_.front(), HasSubstr("to-b: KSTREAM-SINK-0000000001 writes to topic 'to-b'"));
  EXPECT_TRUE(retriable_);
  EXPECT_THAT(values_of("to-a"), IsEmpty()) << "the transaction waits for the topic";
  make_topic("to-b");
  run_until_out("to-b", 1);
  run_for(2s);
  EXPECT_THAT(values_of("to-a"), UnorderedElementsAre("a1", "a2"));
  EXPECT_THAT(values_of("to-b"), ElementsAre("b1"));
  EXPECT_EQ(host.threads()[0]->error(), std::nullopt);
}

TEST_F(OutputsWithoutAutoCreate, AnUnknownTopicCostsTheRecordWhereTheHandlerSaysSo) {
  compute(by_first_letter());
  make_topic("to-a");
  make_topic("dead");
  auto config = this->config();
  config.error_handlers.production = answer(OnProductionError::kContinue);
  config.errors_dead_letter_queue_topic_name = "dead";
  start("host", config);
  run_until_settled();
  say("in", {"b1", "a1"});
  run_until_out("to-a", 1);
  EXPECT_THAT(asked_, SizeIs(1));
  const std::vector<Line> dead = lines_of("dead");
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].value, "b1");
  EXPECT_THAT(dead[0].headers, Contains(Pair("__streams.errors.topic", "to-b")));
}

TEST_F(OutputsWithoutAutoCreate, AThreadWithoutProgressDiesAfterTheTaskTimeout) {
  compute(by_first_letter());
  auto config = this->config();
  config.processing_guarantee = ProcessingGuarantee::kAtLeastOnce;
  config.task_timeout_ms = 90s;
  ApplicationHost& host = start("host", config);
  run_until_settled();
  say("in", {"b1"});
  run_for(100s);
  EXPECT_EQ(host.threads()[0]->error(), std::nullopt) << "the first time-out comes after a minute";
  run_for(100s);
  ASSERT_TRUE(host.threads()[0]->error());
  EXPECT_THAT(host.threads()[0]->error()->message, HasSubstr("task.timeout.ms (90000)"));
  EXPECT_THAT(host.threads()[0]->error()->message, HasSubstr("'to-b'"));
}

/// Records that are larger than their topic takes.
class TooLarge : public Outputs {
 protected:
  TooLarge() {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>("in").to("out");
    compute(builder.build());
    make_topic("out", {{"max.message.bytes", "1000"}});
    make_topic("dead");
  }
  /// All of one partition, so that they share batches.
  void say_mixed() {
    std::vector<Line> lines;
    for (int i = 0; i < 40; ++i)
      lines.push_back({"k", i % 10 == 7 ? std::string(2000, 'x') : "small " + std::to_string(i), kStart});
    produce("in", lines);
  }
};

TEST_F(TooLarge, AreDroppedOneByOneWhereTheHandlerContinuesAndGoToTheDeadLetters) {
  auto config = this->config();
  config.error_handlers.production = answer(OnProductionError::kContinue);
  config.errors_dead_letter_queue_topic_name = "dead";
  start("host", config);
  run_until_settled();
  say_mixed();
  run_until_out("out", 36);
  say_mixed();
  run_until_out("out", 72);
  std::vector<std::string> expected;
  for (int i = 0; i < 80; ++i)
    if (i % 10 != 7) expected.push_back("small " + std::to_string(i % 40));
  EXPECT_EQ(values_of("out"), expected) << "in their order";
  EXPECT_THAT(asked_, SizeIs(8));
  EXPECT_THAT(asked_, testing::Each(HasSubstr("MESSAGE_TOO_LARGE")));
  run_until_out("dead", 8);
  const Line dead = lines_of("dead").front();
  EXPECT_EQ(dead.value, std::string(2000, 'x'));
  EXPECT_THAT(dead.headers, Contains(Pair("__streams.errors.exception", "MESSAGE_TOO_LARGE")));
  EXPECT_THAT(dead.headers, Contains(Pair("__streams.errors.topic", "out")));
}

TEST_F(TooLarge, AreDroppedAtLeastOnceToo) {
  auto config = this->config();
  config.processing_guarantee = ProcessingGuarantee::kAtLeastOnce;
  config.error_handlers.production = answer(OnProductionError::kContinue);
  start("host", config);
  run_until_settled();
  say_mixed();
  run_until_out("out", 36);
  EXPECT_THAT(asked_, SizeIs(4));
}

TEST_F(TooLarge, FailTheThreadByDefaultSinceAnotherTryWouldNotHelp) {
  ApplicationHost& host = start("host");
  run_until_settled();
  say_mixed();
  run_until([&] { return host.threads()[0]->state() == StreamThread::State::kDead; });
  ASSERT_TRUE(host.threads()[0]->error());
  EXPECT_THAT(host.threads()[0]->error()->message, HasSubstr("writing to out"));
  EXPECT_THAT(values_of("out"), IsEmpty()) << "the transaction was not committed";
}

TEST_F(Outputs, WhatGlobalStoresCannotReadGoesToTheDeadLettersOnce) {
  StreamsBuilder builder;
  builder.global_table<std::string, std::int64_t>("numbers", Materialized::as("numbers"));
  builder.stream<std::string, std::string>("in").to("out");
  compute(builder.build());
  make_topic("out");
  make_topic("dead");
  auto config = this->config();
  config.num_stream_threads = 2;
  config.deserialization_exception_handler = OnError::kContinue;
  config.errors_dead_letter_queue_topic_name = "dead";
  start("host", config);
  run_until_settled();
  say("numbers", {"not eight bytes"});
  run_until_out("dead", 1);
  run_for(5s);
  const std::vector<Line> dead = lines_of("dead");
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].value, "not eight bytes");
  EXPECT_THAT(dead[0].headers, Contains(Pair("__streams.errors.topic", "numbers")));
  EXPECT_THAT(dead[0].headers, Contains(Key("__streams.errors.stacktrace")));
}

}  // namespace
}  // namespace leat
