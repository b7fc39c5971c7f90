// The programs of docs/guide/joins.md.
#include <gmock/gmock.h>
#include <leat/testing.h>

#include "tests/docs/shop.h"

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using S = std::string;

struct Joins : testing::Test {
  leat::StreamsBuilder builder;
};

TEST_F(Joins, StreamTable) {
  // [snippet: stream-table]
  auto orders = builder.stream<std::string, Order>("orders-by-customer");
  auto cities = builder.table<std::string, std::string>("customer-cities", leat::Materialized::as("cities"));

  orders.join(cities, [](const Order& order, const std::string& city) { return order.product + " to " + city; })
      .to("parcels");

  orders
      .left_join(cities,
                 [](const Order& order, const std::optional<std::string>& city) {
                   return order.product + " to " + city.value_or("nowhere");
                 })
      .to("all-parcels");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<S, Order>("orders-by-customer");
  driver.input_topic<S, S>("customer-cities").pipe_input("ann", "Rome", 1s);
  in.pipe_input("ann", Order{"ann", "tea", 250}, 2s);
  in.pipe_input("bob", Order{"bob", "rye", 400}, 3s);
  EXPECT_THAT((driver.output_topic<S, S>("parcels").read_values_to_list()), ElementsAre("tea to Rome"));
  EXPECT_THAT((driver.output_topic<S, S>("all-parcels").read_values_to_list()),
              ElementsAre("tea to Rome", "rye to nowhere"));
}

TEST_F(Joins, StreamStream) {
  // [snippet: stream-stream]
  auto views = builder.stream<std::string, std::string>("ad-views");
  auto clicks = builder.stream<std::string, std::string>("ad-clicks");

  views
      .left_join(
          clicks,
          [](const std::string& ad, const std::optional<std::string>& link) {
            return ad + ": " + link.value_or("not clicked");
          },
          leat::JoinWindows::of_time_difference_and_grace(10min, 1min).before(0s),  // a click follows its view
          leat::StreamJoined::as("views-and-clicks"))
      .to("ad-results");
  // [end]
  leat::TopologyTestDriver driver{builder.build(), {.emit_interval_ms = 0}};
  auto seen = driver.input_topic<S, S>("ad-views");
  auto clicked = driver.input_topic<S, S>("ad-clicks");
  auto out = driver.output_topic<S, S>("ad-results");
  seen.pipe_input("ann", "tea", 0s);
  seen.pipe_input("bob", "rye", 0s);
  clicked.pipe_input("ann", "/buy", 5min);
  EXPECT_THAT(out.read_values_to_list(), ElementsAre("tea: /buy"));
  seen.pipe_input("eve", "jam", 12min);  // the window of bob's view has closed
  EXPECT_THAT(out.read_values_to_list(), ElementsAre("rye: not clicked"));
}

TEST_F(Joins, TableTable) {
  // [snippet: table-table]
  auto names = builder.table<std::string, std::string>("names");
  auto mails = builder.table<std::string, std::string>("mails");

  names
      .join(
          mails, [](const std::string& name, const std::string& mail) { return name + " <" + mail + ">"; },
          leat::Materialized::as("addresses"))
      .to_stream()
      .to("addresses");

  names
      .outer_join(mails,
                  [](const std::optional<std::string>& name, const std::optional<std::string>& mail) {
                    return name.value_or("?") + " <" + mail.value_or("?") + ">";
                  })
      .to_stream()
      .to("all-addresses");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  auto inner = driver.output_topic<S, S>("addresses");
  driver.input_topic<S, S>("names").pipe_input("1", "Ann", 1s);
  EXPECT_TRUE(inner.is_empty());
  driver.input_topic<S, S>("mails").pipe_input("1", "ann@x.org", 2s);
  driver.input_topic<S, S>("names").pipe_input("1", std::nullopt, 3s);
  EXPECT_THAT(inner.read_values_to_list(), ElementsAre("Ann <ann@x.org>", std::nullopt));
  EXPECT_THAT((driver.output_topic<S, S>("all-addresses").read_values_to_list()),
              ElementsAre("Ann <?>", "Ann <ann@x.org>", "? <ann@x.org>"));
}

TEST_F(Joins, ForeignKey) {
  // [snippet: foreign-key]
  auto orders = builder.table<std::string, Order>("orders");              // by order number
  auto prices = builder.table<std::string, std::int64_t>("list-prices");  // by product

  orders
      .join(
          prices, [](const Order& order) { return order.product; },
          [](const Order& order, std::int64_t list_price) { return list_price - order.cents; },
          leat::TableJoined::as("rebates"), leat::Materialized::as("rebates"))
      .to_stream()
      .to("rebates");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  auto order = driver.input_topic<S, Order>("orders");
  auto price = driver.input_topic<S, std::int64_t>("list-prices");
  auto out = driver.output_topic<S, std::int64_t>("rebates");
  order.pipe_input("1", Order{"ann", "tea", 250}, 1s);
  order.pipe_input("2", Order{"bob", "tea", 280}, 2s);
  EXPECT_THAT(out.read_key_values_to_list(), IsEmpty());
  price.pipe_input("tea", 300, 3s);  // one new price, both orders change
  EXPECT_THAT(out.read_key_values_to_map(), ElementsAre(Pair("1", 50), Pair("2", 20)));
}

TEST_F(Joins, GlobalTable) {
  // [snippet: global-table]
  auto orders = builder.stream<std::string, Order>("orders");
  auto products = builder.global_table<std::string, std::string>("products", leat::Materialized::as("products"));

  orders
      .join(
          products, [](const Order& order) { return order.product; },
          [](const Order& order, const std::string& title) { return order.customer + " buys " + title; })
      .to("sentences");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  driver.input_topic<S, S>("products").pipe_input("tea", "Green tea, 100 g", 1s);
  driver.input_topic<S, Order>("orders").pipe_input("1", Order{"ann", "tea", 250}, 2s);
  EXPECT_EQ((driver.output_topic<S, S>("sentences").read_value()), "ann buys Green tea, 100 g");
}

TEST_F(Joins, VersionedTable) {
  // [snippet: versioned-join]
  auto prices =
      builder.table<std::string, std::int64_t>("list-prices", leat::Materialized::as("prices").versioned_store(24h));

  builder.stream<std::string, std::int64_t>("amounts-by-product")
      .join(
          prices, [](std::int64_t amount, std::int64_t cents) { return amount * cents; },
          leat::Joined::as("at-the-price-of-then").with_grace_period(1min))
      .to("sales");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  auto price = driver.input_topic<S, std::int64_t>("list-prices");
  auto amount = driver.input_topic<S, std::int64_t>("amounts-by-product");
  auto out = driver.output_topic<S, std::int64_t>("sales");
  price.pipe_input("tea", 200, 0s);
  amount.pipe_input("tea", 3, 30s);
  EXPECT_TRUE(out.is_empty());        // it waits: a change of the price may still come
  price.pipe_input("tea", 300, 20s);  // that was valid at 30 s
  amount.pipe_input("tea", 1, 90s);
  EXPECT_THAT(out.read_values_to_list(), ElementsAre(900));
}

TEST_F(Joins, CoPartitioning) {
  // [snippet: re-keyed]
  auto orders = builder.stream<std::string, Order>("orders");  // by order number
  auto cities = builder.table<std::string, std::string>("customer-cities");

  orders.select_key([](const Order& order) { return order.customer; })
      .join(
          cities, [](const Order& order, const std::string& city) { return order.product + " to " + city; },
          leat::Joined::as("orders-by-customer"))
      .to("parcels");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  driver.input_topic<S, S>("customer-cities").pipe_input("ann", "Rome", 1s);
  driver.input_topic<S, Order>("orders").pipe_input("1", Order{"ann", "tea", 250}, 2s);
  EXPECT_EQ((driver.output_topic<S, S>("parcels").read_value()), "tea to Rome");
  EXPECT_THAT(driver.produced_topic_names(), testing::Contains("test-orders-by-customer-repartition"));
}

}  // namespace
