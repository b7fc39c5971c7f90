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

TEST(TopologyTestDriver, AHandlerThatThrowsIsFatalAndTellsWhatItWasAskedAbout) {
  StreamsBuilder builder;
  builder.stream<std::string, std::int64_t>("in")
      .map_values([](std::int64_t) -> std::int64_t { throw std::runtime_error("boom"); })
      .to("out");
  const auto failing = [](const FailedRecord&) -> OnError { throw std::runtime_error("the handler is ill"); };
  const auto tells_both = testing::ThrowsMessage<TestDriverError>(
      testing::AllOf(HasSubstr("the handler is ill"), HasSubstr("record in-0@0")));
  const Topology topology = builder.build();
  {
    TopologyTestDriver driver{topology, {.handlers = {.processing = failing}}};
    auto in = driver.input_topic<std::string, std::int64_t>("in");
    EXPECT_THAT([&] { in.pipe_input("k", 1, 1s); }, tells_both);
  }
  TopologyTestDriver driver{topology, {.handlers = {.deserialization = failing}}};
  auto in = driver.input_topic<std::string, std::string>("in");
  EXPECT_THAT([&] { in.pipe_input("k", "three", 1s); }, tells_both);
}

TEST(TopologyTestDriver, NamesTheRecordWhoseExtractorThrew) {
  StreamsBuilder builder;
  builder
      .stream<std::string, std::string>(
          "in", Consumed::with_timestamp_extractor([](const std::string& v) { return std::stoll(v); }))
      .to("out");
  TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, std::string>("in");
  in.pipe_input("k", "1000", 1s);
  EXPECT_THAT([&] { in.pipe_input("k", "soon", 1s); }, testing::ThrowsMessage<TestDriverError>(testing::AllOf(
                                                           HasSubstr("in-0@1"), HasSubstr("timestamp extractor"))));
}

TEST(TopologyTestDriver, PrintsWhatPasses) {
  std::vector<std::string> lines;
  const Printed printed = Printed::to([&](const std::string& line) { lines.push_back(line); });
  StreamsBuilder builder;
  auto in = builder.stream<std::string, std::int64_t>("in", Consumed::as("numbers"));
  in.print(printed);
  in.print(printed.with_label("doubled"), [](std::int64_t value) { return std::to_string(2 * value); });
  in.group_by_key()
      .windowed_by(TimeWindows::of_size_with_no_grace(10s))
      .count()
      .to_stream()
      .print(printed.with_label("counts"));
  TopologyTestDriver driver{builder.build()};
  auto numbers = driver.input_topic<std::string, std::int64_t>("in");
  numbers.pipe_input("a", 21, 1s);
  numbers.pipe_input({}, std::nullopt, 2s);
  EXPECT_THAT(lines,
              ElementsAre("[numbers]: a, 21", "[doubled]: 42", "[counts]: [a@0/10000], 1", "[numbers]: null, null"));
}

TEST(TopologyTestDriver, RepartitionsAsTheProgramSays) {
  StreamsBuilder builder;
  const Produced::Partitioner<std::string, std::string> choose =
      [](std::string_view, const std::string*, const std::string* value, std::int32_t) -> Partitions {
    if (*value == "nowhere") return std::vector<std::int32_t>{};
    return std::vector<std::int32_t>{0};
  };
  builder.stream<std::string, std::string>("in")
      .repartition(Repartitioned::as("mine").with_partitioner<std::string, std::string>(choose))
      .to("out");
  TopologyTestDriver driver{builder.build()};
  driver.input_topic<std::string, std::string>("in").with_time(0s).pipe_key_value_list(
      {{"k", "here"}, {"k", "nowhere"}});
  EXPECT_THAT((driver.output_topic<std::string, std::string>("out").read_values_to_list()), ElementsAre("here"));
  EXPECT_EQ(driver.read("test-mine-repartition")->partition, 0);
  EXPECT_EQ(driver.dropped_records_total(), 1);
}

TEST(TopologyTestDriver, AggregationsOfGroupedTablesTakeNames) {
  StreamsBuilder builder;
  auto grouped =
      builder.table<std::string, std::string>("in").group_by([](const std::string& key, const std::string& value) {
        return KeyValue{value, key};
      });
  grouped.aggregate(
      std::string(), [](const std::string& key, const std::string& all) { return all + key; },
      [](const std::string&, const std::string& all) { return all; }, Named::as("keys"));
  grouped.reduce([](const std::string& a, const std::string&) { return a; },
                 [](const std::string& a, const std::string&) { return a; }, Named::as("first"));
  EXPECT_THAT(builder.build().describe(), testing::AllOf(HasSubstr("Processor: keys "), HasSubstr("Processor: first "),
                                                         HasSubstr("Source: keys-source ")));
}

TEST(TopologyTestDriver, AVersionedTableIsRegroupedByItsLatestRowsOnly) {
  StreamsBuilder builder;
  builder.table<std::string, std::string>("in", Materialized::as("rows").versioned_store(1h))
      .group_by([](const std::string& key, const std::string& value) {
        return KeyValue{value, key};
      })
      .count(Materialized::as("counts"));
  TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, std::string>("in");
  in.pipe_input("k", "late", 20s);
  in.pipe_input("k", "early", 10s);  // a version of the past: not the latest
  auto counts = driver.key_value_store<std::string, std::int64_t>("counts");
  EXPECT_EQ(counts.get("late"), 1);
  EXPECT_EQ(counts.get("early"), std::nullopt);
}

struct PutsAll : Processor<std::string, std::string> {
  void init(Context& context) override {
    rows = context.store<KeyValueStore<std::string, std::string>>("rows");
    windows = context.store<TimestampedWindowStore<std::string, std::string>>("windows");
  }
  void process(const Record<std::string, std::string>& record) override {
    rows->put_all({{"a", "1"}, {"b", record.value}, {"a", std::nullopt}});
    windows->put("w", ValueAndTimestamp<std::string>{record.value, record.timestamp}, 0);
  }
  KeyValueStore<std::string, std::string>* rows = nullptr;
  TimestampedWindowStore<std::string, std::string>* windows = nullptr;
};

TEST(TopologyTestDriver, StoresTakeManyRowsAndWindowsKeepTimestamps) {
  Topology topology;
  topology.add_source<std::string, std::string>("in", "in")
      .add_processor<PutsAll>("puts", "in")
      .add_state_store(Stores::in_memory_key_value<std::string, std::string>("rows"), "puts")
      .add_state_store(Stores::persistent_timestamped_window<std::string, std::string>("windows", 1min, 10s), "puts");
  TopologyTestDriver driver{topology};
  driver.input_topic<std::string, std::string>("in").pipe_input("k", "2", 7s);
  auto rows = driver.key_value_store<std::string, std::string>("rows");
  EXPECT_EQ(rows.get("a"), std::nullopt);
  EXPECT_EQ(rows.get("b"), "2");
  auto& windows = driver.store<TimestampedWindowStore<std::string, std::string>>("windows");
  EXPECT_EQ(windows.fetch("w", 0)->timestamp, 7000);
}

/// Cannot be encoded when it is "bad".
struct Fragile {
  static void serialize(const std::string& text, Bytes& out) {
    if (text == "bad") throw std::runtime_error("this text breaks");
    out += text;
  }
  static Result<std::string> deserialize(BytesView bytes) { return std::string(bytes); }
};

TEST(TopologyTestDriver, WhatCannotBeEncodedGoesToTheProductionHandlerAndTheDeadLetters) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in")
      .map([](const std::string& key, const std::string& value) {
        return KeyValue{value, key};
      })
      .to("out", Produced::with(Fragile{}, Serde<std::string>{}));
  const Topology topology = builder.build();
  std::vector<std::string> asked;
  TestDriverOptions options;
  options.handlers.production = [&](const FailedSend& failed) {
    EXPECT_EQ(failed.stage, FailedSend::Stage::kKeySerde);
    EXPECT_FALSE(failed.retriable);
    asked.push_back(failed.node + " to " + failed.to_topic + ": " + failed.message);
    return failed.value == "fail" ? OnProductionError::kRetry : OnProductionError::kContinue;
  };
  options.handlers.dead_letter_topic = "dead";
  TopologyTestDriver driver(topology, options);
  auto in = driver.input_topic<std::string, std::string>("in");
  auto out = driver.output_topic<std::string, std::string>("out");
  auto dead = driver.output_topic<std::string, std::string>("dead");
  in.pipe_input("k1", "bad");
  in.pipe_input("k2", "good");
  EXPECT_THAT(asked, testing::ElementsAre("KSTREAM-SINK-0000000002 to out: this text breaks"));
  EXPECT_EQ(out.read_value(), "k2");
  const auto letter = dead.read_record();
  ASSERT_TRUE(letter);
  EXPECT_EQ(letter->value, "bad") << "the record as it was read";
  EXPECT_EQ(driver.dropped_records_total(), 1);
}

TEST(TopologyTestDriver, WhatCannotBeEncodedFailsTheTaskWithoutAHandlerAndWhereAnotherTryCannotHelp) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").to("out", Produced::with(Serde<std::string>{}, Fragile{}));
  const Topology topology = builder.build();
  for (const bool retries : {false, true}) {
    TestDriverOptions options;
    if (retries) options.handlers.production = [](const FailedSend&) { return OnProductionError::kRetry; };
    TopologyTestDriver driver(topology, options);
    auto in = driver.input_topic<std::string, std::string>("in");
    try {
      in.pipe_input("k", "bad");
      ADD_FAILURE() << "it is to fail";
    } catch (const TestDriverError& error) {
      EXPECT_THAT(error.what(), HasSubstr("this text breaks"));
      EXPECT_THAT(error.what(), HasSubstr("the serde of the value for topic out"));
    }
  }
}

TEST(TopologyTestDriver, DroppedRecordsAreLoggedByCauseAndNotOneByOne) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in")
      .group_by_key()
      .windowed_by(TimeWindows::of_size_with_no_grace(std::chrono::minutes(1)))
      .count(Materialized::as("counts"));
  TopologyTestDriver driver(builder.build());
  auto in = driver.input_topic<std::string, std::string>("in");
  in.pipe_input("k", "v", Timestamp(600'000));
  testing::internal::CaptureStderr();
  for (int i = 0; i < 5; ++i) in.pipe_input("k", "late", Timestamp(i));
  driver.advance_wall_clock_time(std::chrono::minutes(1));
  in.pipe_input("k", "late", Timestamp(7));
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(driver.dropped_records_total(), 6);
  EXPECT_THAT(log, HasSubstr("records are dropped task=0_0 processor=KSTREAM-AGGREGATE-0000000001 "
                             "cause=window-closed records=1 last=in-0@1"));
  EXPECT_THAT(log, HasSubstr("cause=window-closed records=5 last=in-0@6"));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;
}

}  // namespace
}  // namespace leat
