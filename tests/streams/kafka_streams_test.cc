// An application with a broker of its own, in this process: real threads, real disk.
#include "streams/kafka_streams.h"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "base/http.h"
#include "base/os/real_world.h"
#include "state/queries.h"
#include "streams/query_server.h"
#include "topology/streams_builder.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr auto kPatience = 60s;

/// Fails at its first beats, as often as it is told.
struct Heart {
  std::atomic<int> failures_left;
  std::atomic<int> beats{0};
  std::promise<void> beaten;
};

class Beating : public Processor<std::string, std::string, std::string, std::string> {
 public:
  explicit Beating(Heart& heart) : heart_(heart) {}
  void init(Context& context) override {
    context.schedule(1ms, PunctuationType::kWallClockTime, [this](Timestamp) {
      if (heart_.failures_left.fetch_sub(1) > 0) throw std::runtime_error("the heart stands still");
      if (heart_.beats.fetch_add(1) == 0) heart_.beaten.set_value();
    });
  }
  void process(const Record<std::string, std::string>&) override {}

 private:
  Heart& heart_;
};

/// Sends so many records, once.
class Sower : public Processor<std::string, std::string, std::string, std::string> {
 public:
  Sower(int count, std::promise<void>& done) : left_(count), done_(done) {}
  void init(Context& context) override {
    // One task of several sows.
    if (context.partition() != 0) return;
    context.schedule(1ms, PunctuationType::kWallClockTime, [this](Timestamp now) {
      if (left_ == 0) return;
      for (; left_ > 0; --left_) {
        forward(Record<std::string, std::string>{"k" + std::to_string(left_), "v" + std::to_string(left_), now, {}});
      }
      done_.set_value();
    });
  }
  void process(const Record<std::string, std::string>&) override {}

 private:
  int left_;
  std::promise<void>& done_;
};

/// Tells how many rows the global store has at the first beat of the first task.
class Counting : public Processor<std::string, std::string> {
 public:
  explicit Counting(std::promise<std::int64_t>& rows) : rows_(rows) {}
  void init(Context& context) override {
    if (context.partition() != 0) return;
    auto* store = context.store<TimestampedKeyValueStore<std::string, std::string>>("names");
    context.schedule(1ms, PunctuationType::kWallClockTime, [this, store](Timestamp) {
      std::int64_t count = 0;
      for ([[maybe_unused]] const auto& row : store->all()) ++count;
      if (!std::exchange(told_, true)) rows_.set_value(count);
    });
  }
  void process(const Record<std::string, std::string>&) override {}

 private:
  std::promise<std::int64_t>& rows_;
  bool told_ = false;
};

class KafkaStreamsTest : public testing::Test {
 protected:
  KafkaStreamsTest()
      : directory_(std::filesystem::temp_directory_path() / ("leat-streams-" + std::to_string(draw()))) {}
  ~KafkaStreamsTest() override { std::filesystem::remove_all(directory_); }

  static std::uint64_t draw() { return os::RealWorld().world().random.next(); }

  StreamsConfig config() const {
    return {.application_id = "heart",
            .state_dir = directory_ / "state",
            .application_server = "127.0.0.1:0",
            .embedded_listener = ""};
  }
  Topology beating() {
    StreamsBuilder builder;
    builder.table<std::string, std::string>("patients", Materialized::as("patients"));
    Topology topology = builder.build();
    topology.add_source<std::string, std::string>("in", "in");
    topology.add_processor("beating", [this] { return std::make_unique<Beating>(heart_); }, {"in"});
    return topology;
  }
  static HttpResponse get(const std::string& server, const std::string& target) {
    os::RealWorld world;
    const auto host = HostInfo::parse(server);
    std::optional<Result<HttpResponse>> answer;
    http_get(world.world(), {host->host, static_cast<std::uint16_t>(host->port)}, target, kPatience,
             [&](Result<HttpResponse> response) { answer = std::move(response); });
    while (!answer) world.loop().run_once(100ms);
    EXPECT_TRUE(answer->ok());
    return answer->ok() ? std::move(**answer) : HttpResponse{};
  }

  std::filesystem::path directory_;
  Heart heart_{3, 0, {}};
};

TEST_F(KafkaStreamsTest, AThreadThatDiesIsReplacedWhereTheHandlerSaysSo) {
  KafkaStreams streams(beating(), config());
  std::atomic<int> asked = 0;
  streams.set_uncaught_exception_handler([&](const Error& why) {
    EXPECT_THAT(why.message, HasSubstr("the heart stands still"));
    ++asked;
    return KafkaStreams::OnUncaught::kReplaceThread;
  });
  const auto started = streams.start();
  ASSERT_TRUE(started.ok()) << started.error().message;
  ASSERT_EQ(heart_.beaten.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(asked, 3);
  EXPECT_TRUE(streams.error().ok());
  EXPECT_TRUE(streams.close(kPatience));
  EXPECT_EQ(streams.state(), KafkaStreams::State::kNotRunning);
}

TEST_F(KafkaStreamsTest, ThreadsAreAddedAndRemovedWhileItRuns) {
  heart_.failures_left = 0;
  KafkaStreams streams(beating(), config());
  EXPECT_FALSE(streams.add_stream_thread().ok()) << "it has not been started";
  ASSERT_TRUE(streams.start().ok());
  ASSERT_EQ(heart_.beaten.get_future().wait_for(kPatience), std::future_status::ready);
  for (int round = 0; round < 2; ++round) {
    const auto added = streams.add_stream_thread();
    ASSERT_TRUE(added.ok()) << added.error().message;
    EXPECT_EQ(*added, round == 0 ? "heart-StreamThread-2" : "heart-StreamThread-1") << "the lowest that is free";
    const auto removed = streams.remove_stream_thread(kPatience);
    ASSERT_TRUE(removed.ok()) << removed.error().message;
    EXPECT_EQ(*removed, "heart-StreamThread-1");
    heart_.beats = 1;
    while (heart_.beats < 10) std::this_thread::yield();
  }
  EXPECT_TRUE(streams.remove_stream_thread(kPatience).ok());
  EXPECT_FALSE(streams.remove_stream_thread(kPatience).ok()) << "none is left";
  EXPECT_TRUE(streams.error().ok());
  EXPECT_TRUE(streams.add_stream_thread().ok());
  EXPECT_TRUE(streams.close(kPatience));
  EXPECT_EQ(streams.state(), KafkaStreams::State::kNotRunning);
  EXPECT_FALSE(streams.add_stream_thread().ok());
}

TEST_F(KafkaStreamsTest, AListenerOnAStreamThreadMayCloseIt) {
  heart_.failures_left = 0;
  std::promise<bool> closed;
  std::atomic<bool> told = false;
  KafkaStreams streams(beating(), config());
  streams.set_state_listener([&](KafkaStreams::State now, KafkaStreams::State) {
    if (now == KafkaStreams::State::kRunning && !told.exchange(true)) closed.set_value(streams.close(kPatience));
  });
  ASSERT_TRUE(streams.start().ok());
  auto answer = closed.get_future();
  ASSERT_EQ(answer.wait_for(kPatience), std::future_status::ready);
  EXPECT_FALSE(answer.get()) << "it cannot wait for its own thread";
  EXPECT_TRUE(streams.close(kPatience));
  EXPECT_EQ(streams.state(), KafkaStreams::State::kNotRunning);
}

TEST_F(KafkaStreamsTest, WithoutAHandlerTheClientShutsDownAndSaysWhy) {
  std::promise<void> failed;
  KafkaStreams streams(beating(), config());
  streams.set_state_listener([&](KafkaStreams::State now, KafkaStreams::State) {
    if (now == KafkaStreams::State::kError) failed.set_value();
  });
  ASSERT_TRUE(streams.start().ok());
  ASSERT_EQ(failed.get_future().wait_for(kPatience), std::future_status::ready);
  ASSERT_FALSE(streams.error().ok());
  EXPECT_THAT(streams.error().error().message, HasSubstr("the heart stands still"));
  EXPECT_EQ(heart_.beats, 0);
}

TEST_F(KafkaStreamsTest, AGlobalTableIsCompleteBeforeTheFirstTaskRunsAndAfterARestart) {
  constexpr int kRows = 100;
  {
    std::promise<void> sown;
    Topology sowing;
    sowing.add_source<std::string, std::string>("in", "in");
    sowing.add_processor(
        "sower", [&] { return std::make_unique<Sower>(kRows, sown); }, "in");
    sowing.add_sink("out", "g", "sower");
    KafkaStreams sower(std::move(sowing), config());
    ASSERT_TRUE(sower.start().ok());
    ASSERT_EQ(sown.get_future().wait_for(kPatience), std::future_status::ready);
    ASSERT_TRUE(sower.close(kPatience));
  }
  for (int start = 0; start < 2; ++start) {
    std::promise<std::int64_t> rows;
    StreamsBuilder builder;
    builder.global_table<std::string, std::string>("g", Materialized::as("names"));
    Topology topology = builder.build();
    topology.add_source<std::string, std::string>("in", "in");
    topology.add_processor(
        "counting", [&] { return std::make_unique<Counting>(rows); }, "in");
    KafkaStreams reader(std::move(topology), config());
    const auto started = reader.start();
    ASSERT_TRUE(started.ok()) << started.error().message;
    auto counted = rows.get_future();
    ASSERT_EQ(counted.wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(counted.get(), kRows);
    EXPECT_THAT(get(reader.query_address(), "/stores/names?key=k7").body, HasSubstr(R"("value":"v7")"));
    const auto names = reader.store<ReadOnlyKeyValueStore<std::string, std::string>>("names");
    ASSERT_TRUE(names.ok()) << names.error().message;
    EXPECT_EQ(names->get("k7").value(), "v7");
    EXPECT_EQ(names->get("k0").value(), std::nullopt);
    EXPECT_EQ(names->range("k1", "k3")->size(), 24u);
    EXPECT_EQ(names->approximate_num_entries().value(), kRows);
    EXPECT_TRUE(reader.close(kPatience));
  }
}

TEST_F(KafkaStreamsTest, TellsBrowsersWhatItIsAndWhatWasAskedWrongly) {
  heart_.failures_left = 0;
  KafkaStreams streams(beating(), config());
  ASSERT_TRUE(streams.start().ok());
  ASSERT_EQ(heart_.beaten.get_future().wait_for(kPatience), std::future_status::ready);
  const std::string server = streams.query_address();
  EXPECT_THAT(get(server, "/").body, HasSubstr("<!doctype html>"));
  EXPECT_THAT(get(server, "/app").body, HasSubstr(R"("application_id":"heart")"));
  EXPECT_THAT(get(server, "/app").body, HasSubstr(R"("stores":["patients"])"));
  EXPECT_THAT(get(server, "/stores/patients").body, HasSubstr(R"("rows":[])"));
  const HttpResponse unknown = get(server, "/stores/patient");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("Did you mean 'patients'?"));
  EXPECT_EQ(get(server, "/stores/patients?limit=none").status, 400);
  EXPECT_EQ(get(server, "/elsewhere").status, 404);
}

TEST_F(KafkaStreamsTest, TellsItsMetrics) {
  heart_.failures_left = 0;
  KafkaStreams streams(beating(), config());
  ASSERT_TRUE(streams.start().ok());
  ASSERT_EQ(heart_.beaten.get_future().wait_for(kPatience), std::future_status::ready);
  std::map<std::string, std::variant<double, std::string>> values;
  for (const Metric& metric : streams.metrics()) values[metric.name.group + ":" + metric.name.name] = metric.value;
  EXPECT_EQ(values["stream-metrics:application-id"], (std::variant<double, std::string>("heart")));
  EXPECT_EQ(values["stream-metrics:alive-stream-threads"], (std::variant<double, std::string>(1.0)));
  EXPECT_THAT(std::get<std::string>(values["stream-metrics:topology-description"]), HasSubstr("Sub-topology: 0"));
  EXPECT_GE(std::get<double>(values["stream-thread-metrics:punctuate-total"]), 1);
  EXPECT_THAT(get(streams.query_address(), "/metrics").body,
              HasSubstr("kafka_streams_stream_metrics{client_id=\"heart\",application_id=\"heart\"} 1\n"));
}

TEST_F(KafkaStreamsTest, IsAskedWhileItRunsAndNotBeforeOrAfter) {
  using Patients = ReadOnlyKeyValueStore<std::string, std::string>;
  heart_.failures_left = 0;
  std::promise<void> running;
  std::atomic<bool> told = false;
  KafkaStreams streams(beating(), config());
  streams.set_state_listener([&](KafkaStreams::State now, KafkaStreams::State) {
    if (now == KafkaStreams::State::kRunning && !told.exchange(true)) running.set_value();
  });
  const auto early = streams.store<Patients>("patients");
  ASSERT_FALSE(early.ok());
  EXPECT_THAT(early.error().message, HasSubstr("the application is CREATED"));
  ASSERT_TRUE(streams.start().ok());
  ASSERT_EQ(running.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(streams.store<Patients>("patients").ok());
  EXPECT_THAT(streams.store<Patients>("pacients").error().message, HasSubstr("Did you mean 'patients'?"));
  const auto query =
      StateQueryRequest<>::in_store("patients").with_query(RangeQuery<std::string, std::string>::with_no_bounds());
  const auto answer = streams.query(query.require_active());
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  for (const auto& [partition, result] : answer->partition_results()) EXPECT_TRUE(result.is_success()) << partition;
  const auto owner = streams.query_metadata_for_key<std::string>("patients", "ann");
  ASSERT_TRUE(owner.ok()) << owner.error().message;
  EXPECT_EQ(owner->active_host.host + ":" + std::to_string(owner->active_host.port), streams.query_address());
  EXPECT_EQ(streams.streams_metadata_for_store("patients")->size(), 1u);
  EXPECT_EQ(streams.all_local_store_partition_lags()->count("patients"), 1u);
  ASSERT_TRUE(streams.close(kPatience));
  EXPECT_THAT(streams.store<Patients>("patients").error().message, HasSubstr("the application is NOT_RUNNING"));
}

TEST_F(KafkaStreamsTest, AProcessorsThreadMayAskToo) {
  heart_.failures_left = 0;
  std::promise<Status> asked;
  std::atomic<bool> told = false;
  KafkaStreams streams(beating(), config());
  streams.set_state_listener([&](KafkaStreams::State now, KafkaStreams::State) {
    if (now != KafkaStreams::State::kRunning || told.exchange(true)) return;
    const auto store = streams.store<ReadOnlyKeyValueStore<std::string, std::string>>("patients");
    asked.set_value(store ? Status() : Status(store.error()));
  });
  ASSERT_TRUE(streams.start().ok());
  auto answer = asked.get_future();
  ASSERT_EQ(answer.wait_for(5s), std::future_status::ready);
  const Status status = answer.get();
  EXPECT_TRUE(status.ok()) << status.error().message;
}

TEST_F(KafkaStreamsTest, AnAddressForQueriesThatIsNoneIsToldAtStart) {
  StreamsConfig wrong = config();
  wrong.application_server = "everywhere";
  const auto started = KafkaStreams(beating(), wrong).start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message, HasSubstr("application.server=everywhere: host:port is needed"));
}

TEST_F(KafkaStreamsTest, APatternThatIsNoneIsToldAtStart) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>(Pattern{"in-("}).to("out");
  KafkaStreams streams(builder.build(), config());
  const Status started = streams.start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message, HasSubstr("'in-(' is no regular expression"));
}

TEST_F(KafkaStreamsTest, OptimisationThatTheBuilderDidNotKnowOfIsNotIgnored) {
  StreamsConfig optimized = config();
  optimized.optimize_topology = true;
  const auto started = KafkaStreams(beating(), optimized).start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().message, HasSubstr("StreamsBuilder builder{{.optimize = true}}"));
}

}  // namespace
}  // namespace leat
