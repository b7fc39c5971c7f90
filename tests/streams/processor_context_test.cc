// What processors and sources see of the application: settings, directories, time; and who stands around them.
#include "application_fixture.h"
#include "state/stores.h"
#include "streams/topology_test_driver.h"
#include "topology/streams_builder.h"
#include "topology/suppress_buffer.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr std::int64_t kStart = 1'700'000'000'000;

class Asking : public Processor<std::string, std::string, std::string, std::string> {
 public:
  void process(const Record<std::string, std::string>& record) override {
    const auto& configs = context().app_configs();
    const auto found = configs.find(record.value);
    forward(record.with_value(found == configs.end() ? "none" : found->second));
    for (const auto& [name, value] : context().app_configs_with_prefix("fraud."))
      forward(record.with_value(name + "=" + value));
    const auto directory = context().state_dir();
    forward(record.with_value(directory ? *directory : directory.error().message));
  }
};

TEST(ProcessorContextTest, ShowsTheSettingsAndTheDirectory) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").process<Asking>().to("out");
  const Topology topology = builder.build();
  TopologyTestDriver driver{topology, {.app_configs = {{"fraud.limit", "10"}, {"fraud.mode", "hard"}}}};
  driver.input_topic<std::string, std::string>("in").pipe_input("k", "fraud.limit", 1s);
  const auto seen = driver.output_topic<std::string, std::string>("out").read_values_to_list();
  ASSERT_THAT(seen, SizeIs(4));
  EXPECT_EQ(seen[0], "10");
  EXPECT_EQ(seen[1], "limit=10");
  EXPECT_EQ(seen[2], "mode=hard");
  EXPECT_THAT(*seen[3], HasSubstr("this task has no directory"));
}

class RunningContext : public Application {};

TEST_F(RunningContext, HasKafkasNamesAndThoseOfTheProgramAndATasksOwnDirectory) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").process<Asking>().to("out");
  compute(builder.build());
  make_topic("out");
  auto config = this->config();
  ASSERT_TRUE(config.set("app.fraud.limit", "7").ok());
  start("host", config);
  run_until_settled();
  produce("in", {{"k", "commit.interval.ms", kStart}});
  run_until([&] { return values_of("out").size() == 3; });
  EXPECT_THAT(values_of("out"),
              ElementsAre("by guarantee", "limit=7", "/state/app/0_" + std::to_string(partition_of("k"))));
}

TEST(Extractors, MaySeeAllOfARecord) {
  StreamsBuilder builder;
  builder
      .stream<std::string, std::string>(
          "in", Consumed::with_timestamp_extractor(
                    [](const ConsumedRecord<std::string, std::string>& record, std::int64_t partition_time) {
                      const Header* at = record.headers.last("at");
                      const std::int64_t base = at ? std::stoll(*at->value) : record.timestamp.ms();
                      return base + static_cast<std::int64_t>(record.key ? record.key->size() : 0) +
                             1000 * record.metadata.offset + (record.metadata.topic == "in" ? 0 : 1'000'000) +
                             (partition_time > 0 ? 100'000 : 0) + (record.value ? 0 : 50);
                    }))
      .to("out");
  TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, std::string>("in");
  in.pipe_input("four", "v", Timestamp(10));
  in.pipe_input(std::nullopt, std::nullopt, Timestamp(20), Headers{{"at", Bytes("500")}});
  const auto out = driver.output_topic<std::string, std::string>("out").read_records_to_list();
  ASSERT_THAT(out, SizeIs(2));
  EXPECT_EQ(out[0].timestamp.ms(), 10 + 4);
  EXPECT_EQ(out[1].timestamp.ms(), 500 + 1000 + 100'000 + 50);
}

TEST(Extractors, TheWallClockMayBeTheTimeOfEveryRecord) {
  const auto times = [](const Consumed& consumed, OnInvalidTimestamp by_default) {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>("in", consumed).to("out");
    TopologyTestDriver driver{builder.build(), {.initial_wall_clock = 5s, .default_timestamp_extractor = by_default}};
    auto in = driver.input_topic<std::string, std::string>("in");
    in.pipe_input("k", "v", Timestamp(10));
    driver.advance_wall_clock_time(2s);
    in.pipe_input("k", "v", Timestamp(-1));
    std::vector<std::int64_t> seen;
    for (const auto& record : driver.output_topic<std::string, std::string>("out").read_records_to_list())
      seen.push_back(record.timestamp.ms());
    return seen;
  };
  using On = OnInvalidTimestamp;
  EXPECT_THAT(times(Consumed{}.with_invalid_timestamps(On::kUseWallClock), On::kFail), ElementsAre(5000, 7000));
  EXPECT_THAT(times(Consumed{}, On::kUseWallClock), ElementsAre(5000, 7000)) << "default.timestamp.extractor";
  EXPECT_THAT(times(Consumed{}, On::kLogAndSkip), ElementsAre(10));
  EXPECT_THAT(times(Consumed{}.with_invalid_timestamps(On::kUsePartitionTime), On::kLogAndSkip), ElementsAre(10, 10))
      << "what the source says comes first";
}

TEST(Extractors, TheDefaultHasKafkasNames) {
  StreamsConfig config;
  for (const auto& [name, what] : std::vector<std::pair<std::string, OnInvalidTimestamp>>{
           {"org.apache.kafka.streams.processor.WallclockTimestampExtractor", OnInvalidTimestamp::kUseWallClock},
           {"LogAndSkipOnInvalidTimestamp", OnInvalidTimestamp::kLogAndSkip}}) {
    ASSERT_TRUE(config.set("default.timestamp.extractor", name).ok());
    EXPECT_EQ(config.default_timestamp_extractor, what);
  }
  EXPECT_THAT(config.set("default.timestamp.extractor", "com.example.Mine").error().message,
              HasSubstr("Consumed::with_timestamp_extractor"));
}

/// Notes what passes each processor.
class Watched final : public WrappedProcessor {
 public:
  Watched(std::vector<std::string>& log, std::string node) : log_(log), node_(std::move(node)) {}
  void init(NodeRuntime& runtime) override { log_.push_back("init " + node_ + " in " + runtime.task_id()); }
  void process(const std::function<void()>& process, RecordContext& context) override {
    log_.push_back("> " + node_ + "@" + std::to_string(context.timestamp));
    process();
    log_.push_back("< " + node_);
  }
  void close() override { log_.push_back("close " + node_); }

 private:
  std::vector<std::string>& log_;
  std::string node_;
};

TEST(Wrappers, StandAroundEveryProcessorOfTheDslAndNoSourceOrSink) {
  std::vector<std::string> log;
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in")
      .filter([](const std::string& value) { return value != "no"; }, Named::as("filter"))
      .map_values([](const std::string& value) { return value + "!"; }, Named::as("map"))
      .to("out");
  Topology topology = builder.build();
  topology.wrap_processors([&](const std::string& node) { return std::make_unique<Watched>(log, node); });
  {
    TopologyTestDriver driver{topology};
    auto in = driver.input_topic<std::string, std::string>("in");
    EXPECT_THAT(log, ElementsAre("init filter in 0_0", "init map in 0_0"));
    log.clear();
    in.pipe_input("k", "yes", Timestamp(7));
    EXPECT_THAT(log, ElementsAre("> filter@7", "> map@7", "< map", "< filter"));
    log.clear();
    in.pipe_input("k", "no", Timestamp(8));
    EXPECT_THAT(log, ElementsAre("> filter@8", "< filter"));
    EXPECT_EQ((driver.output_topic<std::string, std::string>("out").read_value()), "yes!");
    log.clear();
  }
  EXPECT_THAT(log, ElementsAre("close filter", "close map"));
}

TEST(Wrappers, MayLeaveProcessorsAloneAndDropRecords) {
  class Dropping final : public WrappedProcessor {
    void process(const std::function<void()>&, RecordContext&) override {}
  };
  StreamsBuilder builder;
  auto in = builder.stream<std::string, std::string>("in");
  in.map_values([](const std::string& value) { return value; }, Named::as("dropped")).to("a");
  in.map_values([](const std::string& value) { return value; }, Named::as("kept")).to("b");
  Topology topology = builder.build();
  topology.wrap_processors([](const std::string& node) -> std::unique_ptr<WrappedProcessor> {
    if (node != "dropped") return nullptr;
    return std::make_unique<Dropping>();
  });
  TopologyTestDriver driver{topology};
  driver.input_topic<std::string, std::string>("in").pipe_input("k", "v", 1s);
  EXPECT_TRUE((driver.output_topic<std::string, std::string>("a").is_empty()));
  EXPECT_EQ((driver.output_topic<std::string, std::string>("b").read_value()), "v");
}

TEST(TableAggregations, ANullKeyInTheirTopicIsAnError) {
  StreamsBuilder builder;
  builder.table<std::string, std::string>("in")
      .group_by(
          [](const std::string& key, const std::string& value) {
            return KeyValue{value, key};
          },
          Grouped::as("g"))
      .count(Materialized::as("n"));
  TopologyTestDriver driver{builder.build(), {.application_id = "app"}};
  TestRecordBytes record;
  record.topic = "app-g-repartition";
  record.value = Bytes("new\x01", 4);
  record.timestamp = 1;
  const Status status = driver.pipe(record);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr("null key"));
}

class ByDuration : public Application {};

TEST_F(ByDuration, ReadingBeginsAtTheFirstRecordThatIsYoungEnough) {
  StreamsBuilder builder;
  builder
      .stream<std::string, std::string>(
          "in", Consumed{}.with_offset_reset(AutoOffsetReset::by_duration(std::chrono::hours(1))))
      .to("out");
  builder.stream<std::string, std::string>("by-config").to("out");
  compute(builder.build());
  make_topic("out");
  const std::int64_t now = sim_.process("client").loop.wall_clock_ms();
  constexpr std::int64_t kMinute = 60'000;
  for (const char* topic : {"in", "by-config"})
    produce(topic, {{"k", "three hours", now - 180 * kMinute},
                    {"k", "half an hour", now - 30 * kMinute},
                    {"k", "just now", now - kMinute},
                    {"other", "old", now - 300 * kMinute}});
  auto config = this->config();
  ASSERT_TRUE(config.set("auto.offset.reset", "by_duration:PT5M").ok());
  EXPECT_THAT(config.problems(), IsEmpty());
  start("host", config);
  run_until_settled();
  run_for(1s);
  produce("in", {{"other", "new", now}});
  run_until([&] { return values_of("out").size() >= 4; });
  run_for(1s);
  EXPECT_THAT(values_of("out"), testing::UnorderedElementsAre("half an hour", "just now", "just now", "new"));
}

/// A record of a suppress changelog of an older version.
struct OldRecord {
  Bytes bytes;
  OldRecord& number(std::uint64_t value) {
    detail::append_big_endian(value, bytes);
    return *this;
  }
  OldRecord& sized(const std::optional<Bytes>& value) {
    detail::append_big_endian<std::uint32_t>(value ? static_cast<std::uint32_t>(value->size()) : 0xffffffff, bytes);
    if (value) bytes += *value;
    return *this;
  }
  /// Timestamp 17, offset 3, topic "t", partition 0, no headers.
  OldRecord& context() {
    number(17).number(3).sized("t");
    detail::append_big_endian<std::uint32_t>(0, bytes);
    detail::append_big_endian<std::uint32_t>(0, bytes);
    return *this;
  }
};

TEST(SuppressChangelogs, OfOlderVersionsAreRead) {
  const auto read = [](const std::optional<int>& version, const Bytes& value, const detail::SuppressBuffer::Row* held) {
    Headers headers;
    if (version) headers.add("v", Bytes(1, static_cast<char>(*version)));
    return detail::read_suppressed(ChangelogRecord{"k", value, 17, &headers}, held);
  };
  OldRecord change;
  change.sized("old").sized("new");
  OldRecord zero, one, two, three;
  zero.number(99).bytes += change.bytes;
  one.number(99).context().sized(change.bytes);
  two.context().sized(change.bytes).sized("prior").number(99);
  three.context().sized("prior").sized("old").sized("new").number(99);
  detail::SuppressBuffer::Row held;
  held.prior = "before";
  const auto check = [&](const auto& row, const char* prior) {
    ASSERT_TRUE(row.ok()) << row.error().message;
    EXPECT_EQ(row->first, 99);
    EXPECT_EQ(row->second.prior, prior);
    EXPECT_EQ(row->second.old_value, "old");
    EXPECT_EQ(row->second.new_value, "new");
    EXPECT_EQ(row->second.timestamp, 17);
  };
  check(read(std::nullopt, zero.bytes, nullptr), "old");
  check(read(std::nullopt, zero.bytes, &held), "before");
  check(read(1, one.bytes, nullptr), "old");
  check(read(1, one.bytes, &held), "before");
  check(read(2, two.bytes, &held), "prior");
  check(read(2, three.bytes, nullptr), "prior");  // what Kafka 2.4 and 2.5.0 wrote
  check(read(3, three.bytes, nullptr), "prior");
  EXPECT_THAT(read(4, three.bytes, nullptr).error().message, HasSubstr("version 4"));
  EXPECT_FALSE(read(1, one.bytes.substr(0, 20), nullptr).ok());
  EXPECT_FALSE(read(2, "short", nullptr).ok());
}

}  // namespace
}  // namespace leat
