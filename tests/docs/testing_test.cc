// The programs of docs/guide/testing.md.
// clang-format off
// [snippet: test]
#include <gmock/gmock.h>
#include <leat/testing.h>

// [end]
#include "tests/docs/shop.h"
// clang-format on

namespace {
using namespace std::chrono_literals;

// [snippet: test]
leat::Topology turnover() {
  leat::StreamsBuilder builder;
  builder.stream<std::string, Order>("orders")
      .group_by([](const Order& order) { return order.customer; }, leat::Grouped::as("by-customer"))
      .aggregate(
          std::int64_t{0}, [](const Order& order, std::int64_t sum) { return sum + order.cents; },
          leat::Materialized::as("turnover"))
      .to_stream()
      .to("turnover");
  return builder.build();
}

TEST(Turnover, IsSummedUpPerCustomer) {
  leat::TopologyTestDriver driver{turnover()};
  auto orders = driver.input_topic<std::string, Order>("orders");
  auto sums = driver.output_topic<std::string, std::int64_t>("turnover");

  orders.pipe_input("1", Order{"ann", "tea", 250}, 1s);
  orders.pipe_input("2", Order{"ann", "jam", 300}, 2s);

  EXPECT_THAT(sums.read_values_to_list(), testing::ElementsAre(250, 550));
  EXPECT_EQ((driver.key_value_store<std::string, std::int64_t>("turnover").get("ann")), 550);
}
// [end]

TEST(Testing, Inputs) {
  leat::TopologyTestDriver driver{turnover()};
  // [snippet: inputs]
  auto orders = driver.input_topic<std::string, Order>("orders").with_time(10s, 1s);  // at 10 s, 11 s, 12 s, ...
  orders.pipe_input("1", Order{"ann", "tea", 250});
  orders.pipe_key_value_list({{"2", Order{"bob", "rye", 400}}, {"3", std::nullopt}});
  orders.advance_time(1h);
  orders.pipe_input("4", Order{"ann", "jam", 300}, {}, {{"trace", "abc"}});  // with a header
  orders.pipe_input("5", Order{"ann", "oil", 900}, 42s);                     // at a time of its own
  // [end]
  // [snippet: outputs]
  auto sums = driver.output_topic<std::string, std::int64_t>("turnover");
  EXPECT_EQ(sums.queue_size(), 4u);
  EXPECT_EQ(sums.read_value(), 250);
  EXPECT_THAT(sums.read_key_value(), testing::Pair("bob", 400));
  auto record = sums.read_record();
  EXPECT_EQ(record->value, 550);
  EXPECT_EQ(record->timestamp, leat::Timestamp(13s + 1h));
  EXPECT_THAT(sums.read_key_values_to_map(), testing::ElementsAre(testing::Pair("ann", 1450)));
  EXPECT_TRUE(sums.is_empty());
  // [end]
  // [snippet: internal-topics]
  EXPECT_THAT(driver.produced_topic_names(),
              testing::ElementsAre("test-by-customer-repartition", "test-turnover-changelog", "turnover"));
  auto changes = driver.output_topic<std::string, std::int64_t>("test-turnover-changelog");
  EXPECT_EQ(changes.read_value(), 250);
  // [end]
}

TEST(Testing, Caching) {
  // [snippet: caching]
  leat::TopologyTestDriver driver{turnover()};  // commits after every record: each update is seen
  leat::Serde<Order> serde;
  std::vector<leat::TestRecordBytes> batch(3, {.topic = "test-by-customer-repartition", .key = "ann", .timestamp = 0});
  for (auto& record : batch) serde.serialize(Order{"ann", "tea", 100}, record.value.emplace());
  ASSERT_TRUE(driver.pipe_batch(batch).ok());  // one commit for the three: the cache lets the last one out
  EXPECT_THAT((driver.output_topic<std::string, std::int64_t>("turnover").read_values_to_list()),
              testing::ElementsAre(300));
  // [end]
}

TEST(Testing, Clocks) {
  leat::StreamsBuilder builder;
  builder.stream<std::string, std::string>("in")
      .left_join(
          builder.stream<std::string, std::string>("other"),
          [](const std::string& a, const std::optional<std::string>& b) { return a + b.value_or("-"); },
          leat::JoinWindows::of_time_difference_with_no_grace(1s))
      .to("out");
  // [snippet: clocks]
  leat::TopologyTestDriver driver{builder.build(), {.initial_wall_clock = 1'700'000'000'000}};
  auto in = driver.input_topic<std::string, std::string>("in");
  in.pipe_input("k", "a", 0s);          // stream time is 0 s
  driver.advance_wall_clock_time(10s);  // fires wall-clock timers; stream time stays
  in.pipe_input("k", "b", 10s);         // stream time is 10 s: what waited for a partner until 1 s is let go
  // [end]
  EXPECT_EQ((driver.output_topic<std::string, std::string>("out").read_value()), "a-");
}

/// A promise of the page: a run that goes well says nothing, and one that goes wrong tells its seed.
TEST(Testing, TheSimulatedWorldFindsWhatIsNotInAStore) {
  // [snippet: explore]
  const auto two_orders = [](leat::sim::Run& run) {
    auto orders = run.input_topic<std::string, Order>("orders");
    orders.pipe_input("1", Order{"ann", "tea", 250}, 1s);
    run.pass(2s);  // of virtual time, in which processes are killed, machines go off, and connections break
    orders.pipe_input("2", Order{"ann", "jam", 300}, 2s);
    run.expect_output<std::string, std::int64_t>("turnover", {{"ann", 550}});
  };
  leat::sim::explore(turnover(), {.seeds = 20}, two_orders);
  // [end]

  // [snippet: planted]
  /// Sums up, and keeps the sums in itself. The test driver finds nothing wrong with that.
  struct Forgetful : leat::Processor<std::string, Order, std::string, std::int64_t> {
    void process(const leat::Record<std::string, Order>& record) override {
      const std::int64_t sum = sums[record.key] += record.value.cents;
      forward(record.with_value(sum));
    }
    std::map<std::string, std::int64_t> sums;  // gone with the process
  };
  leat::StreamsBuilder builder;
  builder.stream<std::string, Order>("orders")
      .select_key([](const Order& order) { return order.customer; })
      .repartition()
      .process<Forgetful>()
      .to("turnover");
  EXPECT_THROW(leat::sim::explore(builder.build(), {.seeds = 20}, two_orders), leat::sim::Violation);
  // [end]
}

}  // namespace
