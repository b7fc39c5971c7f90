// The programs of docs/guide/state_and_stores.md.
#include <gmock/gmock.h>
#include <leat/testing.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>

#include "tests/docs/shop.h"

namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

using S = std::string;

TEST(State, Materialized) {
  leat::StreamsBuilder builder;
  auto by_key = builder.stream<std::string, std::string>("in").group_by_key();
  // [snippet: materialized]
  by_key.count(leat::Materialized::as("counts"));                                // on the disk, cached, logged
  by_key.count(leat::Materialized::as("in-memory").in_memory_store());           // sorted, in memory
  by_key.count(leat::Materialized::as("every-update").with_caching_disabled());  // each update goes downstream
  by_key.count(leat::Materialized::as("local-only").with_logging_disabled());    // lost with the disk
  by_key.count(leat::Materialized::as("small-segments").with_logging_enabled({{"segment.ms", "3600000"}}));
  by_key.count(leat::Materialized::as("hot").lru_store(10'000));  // the 10,000 keys used last
  by_key.windowed_by(leat::TimeWindows::of_size_with_no_grace(1min))
      .count(leat::Materialized::as("kept-a-day").with_retention(24h));  // windows, for queries
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  driver.input_topic<S, S>("in").pipe_input("k", "v", 1s);
  EXPECT_THAT(driver.produced_topic_names(), Contains("test-counts-changelog"));
  EXPECT_THAT(driver.produced_topic_names(), Not(Contains("test-local-only-changelog")));
  EXPECT_EQ((driver.key_value_store<S, std::int64_t>("hot").get("k")), 1);
}

TEST(State, BuilderDefaults) {
  // [snippet: builder-defaults]
  leat::StreamsBuilder builder{{.in_memory_stores = true}};  // Kafka's dsl.store.suppliers.class
  builder.table<std::string, std::string>("customers", leat::Materialized::as("in-memory"));
  builder.table<std::string, std::string>("orders", leat::Materialized::as("on-disk").persistent_store());
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  EXPECT_FALSE(driver.state_store("in-memory")->persistent());
}

// [snippet: read-store]
class Reader : public leat::Processor<std::string, std::string, std::string, std::string> {
 public:
  void init(Context& context) override {
    prices_ = context.store<leat::KeyValueStore<std::string, std::int64_t>>("prices");
  }
  void process(const leat::Record<std::string, std::string>& record) override {
    std::optional<std::int64_t> price = prices_->get(record.value);  // a copy
    const std::int64_t* lent = prices_->find(record.value);          // no copy; until the next call on the store
    if (!price || *lent < 0) prices_->put(record.value, 100);

    std::int64_t teas = 0, sum = 0;
    for (const auto& [product, cents] : prices_->range("a", "n")) sum += cents;
    for (const auto& [product, cents] : prices_->prefix_scan("tea")) teas += cents;

    auto rows = prices_->reverse_all();
    const leat::KeyAndValue<std::string, std::int64_t>* last = rows.next();  // null at the end
    forward(record.with_value(std::to_string(sum) + ", teas " + std::to_string(teas) + ", last " + last->key));
  }

 private:
  leat::KeyValueStore<std::string, std::int64_t>* prices_ = nullptr;
};
// [end]

TEST(State, ReadsAndWrites) {
  // [snippet: store-builders]
  leat::Topology topology;
  topology.add_source<std::string, std::string>("in", "products")
      .add_processor<Reader>("reader", {"in"})
      .add_state_store(leat::Stores::persistent_key_value<std::string, std::int64_t>("prices")->with_caching_enabled(),
                       {"reader"})
      .add_sink("out", "summaries", {"reader"});
  // [end]
  leat::TopologyTestDriver driver{topology};
  auto in = driver.input_topic<S, S>("products").with_time(0s, 1s);
  in.pipe_key_value_list({{"1", "jam"}, {"2", "hay"}, {"3", "tea-green"}, {"4", "tea-black"}});
  EXPECT_THAT((driver.output_topic<S, S>("summaries").read_values_to_list().back()), "200, teas 200, last tea-green");
}

// [snippet: other-stores]
struct Sensor : leat::Processor<std::string, double> {
  void init(Context& context) override {
    readings = context.store<leat::WindowStore<std::string, double>>("readings");
    visits = context.store<leat::SessionStore<std::string, std::string>>("visits");
    limits = context.store<leat::VersionedKeyValueStore<std::string, double>>("limits");
  }
  void process(const leat::Record<std::string, double>& record) override {
    readings->put(record.key, record.value, record.timestamp);  // by key and start
    for (const auto& [start, degrees] : readings->fetch(record.key, record.timestamp - 1min, record.timestamp))
      hottest = std::max(hottest, degrees);

    visits->put({record.key, {record.timestamp - 5s, record.timestamp}}, "visit");  // by key, start and end
    for (const auto& [session, what] : visits->fetch(record.key)) ends.push_back(session.window.end);

    limits->put(record.key, 30.0, record.timestamp);  // valid from then on
    if (auto then = limits->get(record.key, record.timestamp)) limit = then->value;
  }
  leat::WindowStore<std::string, double>* readings = nullptr;
  leat::SessionStore<std::string, std::string>* visits = nullptr;
  leat::VersionedKeyValueStore<std::string, double>* limits = nullptr;
  // [end]
  inline static double hottest = 0, limit = 0;
  inline static std::vector<std::int64_t> ends;
  // [snippet: other-stores]
};
// [end]

TEST(State, WindowSessionAndVersionedStores) {
  // [snippet: more-builders]
  leat::Topology topology;
  topology.add_source<std::string, double>("in", "degrees")
      .add_processor<Sensor>("sensor", {"in"})
      .add_state_store(leat::Stores::persistent_window<std::string, double>("readings", 2h, 1min), {"sensor"})
      .add_state_store(leat::Stores::in_memory_session<std::string, std::string>("visits", 1h), {"sensor"})
      .add_state_store(leat::Stores::persistent_versioned_key_value<std::string, double>("limits", 24h), {"sensor"});
  // [end]
  leat::TopologyTestDriver driver{topology};
  driver.input_topic<S, double>("degrees").pipe_input("s1", 21.5, 60s);
  EXPECT_EQ(Sensor::hottest, 21.5);
  EXPECT_EQ(Sensor::limit, 30.0);
  EXPECT_THAT(Sensor::ends, ElementsAre(60'000));
}

TEST(State, ALookFromOutside) {
  const auto directory = std::filesystem::temp_directory_path() / ("leat-guide-" + std::to_string(::getpid()));
  leat::StreamsBuilder builder;
  builder.table<std::string, std::string>("customer-cities", leat::Materialized::as("cities"));
  leat::StreamsConfig config{
      .application_id = "guide", .state_dir = directory, .application_server = "127.0.0.1:0", .embedded_listener = ""};
  std::promise<void> running;
  std::atomic<bool> told{false};
  {
    leat::KafkaStreams streams{builder.build(), config};
    streams.set_state_listener([&](leat::KafkaStreams::State now, leat::KafkaStreams::State) {
      if (now == leat::KafkaStreams::State::kRunning && !told.exchange(true)) running.set_value();
    });
    ASSERT_TRUE(streams.start().ok());
    ASSERT_EQ(running.get_future().wait_for(60s), std::future_status::ready);
    // [snippet: store]
    auto cities = streams.store<leat::ReadOnlyKeyValueStore<std::string, std::string>>("cities");
    leat::Result<std::optional<std::string>> city = cities->get("ann");
    auto all = cities->all();  // what this process has, partition after partition
    // [end]
    ASSERT_TRUE(city.ok());
    EXPECT_EQ(*city, std::nullopt);
    EXPECT_THAT(*all, testing::IsEmpty());
    EXPECT_FALSE((streams.store<leat::ReadOnlyKeyValueStore<S, double>>("cities").ok()));
    // [snippet: query]
    auto answer = streams.query(leat::StateQueryRequest<>::in_store("cities").with_query(
        leat::TimestampedKeyQuery<std::string, std::string>::with_key("ann")));
    // [end]
    ASSERT_TRUE(answer.ok());
    EXPECT_TRUE(answer->partition_results().at(0).is_success());
    // [snippet: metadata]
    auto owner = streams.query_metadata_for_key<std::string>("cities", "ann");  // owner->active_host
    // [end]
    EXPECT_TRUE(owner.ok());
    EXPECT_TRUE(streams.close(30s));
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
