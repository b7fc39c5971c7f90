// The programs of docs/guide/streams_and_tables.md.
#include <gmock/gmock.h>
#include <leat/testing.h>

#include "tests/docs/shop.h"

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(StreamsAndTables, StatelessOperators) {
  // [snippet: stateless]
  leat::StreamsBuilder builder;
  auto orders = builder.stream<std::string, Order>("orders");

  orders.filter([](const Order& order) { return order.cents > 0; })
      .peek([](const Order& order) { std::printf("%s buys %s\n", order.customer.c_str(), order.product.c_str()); })
      .map_values([](const Order& order) { return order.cents; })
      .to("cents");

  orders.flat_map_values([](const Order& order) { return leat::text::words(order.product); }).to("words");

  leat::Topology topology = builder.build();
  // [end]
  leat::TopologyTestDriver driver{topology};
  auto in = driver.input_topic<std::string, Order>("orders");
  in.pipe_input("1", Order{"ann", "green tea", 250}, 1s);
  in.pipe_input("2", Order{"bob", "nothing", 0}, 1s);
  EXPECT_THAT((driver.output_topic<std::string, std::int64_t>("cents").read_key_values_to_map()),
              UnorderedElementsAre(Pair("1", 250)));
  EXPECT_THAT((driver.output_topic<std::string, std::string>("words").read_values_to_list()),
              ElementsAre("green", "tea", "nothing"));
}

TEST(StreamsAndTables, Lambdas) {
  leat::StreamsBuilder builder;
  auto names = builder.stream<std::string, std::string>("names");
  // [snippet: lambdas]
  names
      .map_values([](std::string_view name) { return name.size(); })  // the value alone
      .map_values([](std::size_t size) { return static_cast<std::int64_t>(size); })
      .to("sizes");

  names
      .map_values([](const std::string& key, const std::string& name) { return key + "=" + name; })  // key and value
      .to("pairs");

  names
      .map_values([](const std::optional<std::string>& name) { return name.value_or("(none)"); })  // sees null
      .to("shown");

  names
      .map_values([](std::string_view name) -> std::optional<std::string> {  // may return null
        if (name.empty()) return std::nullopt;
        return std::string(name);
      })
      .to("not-empty");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, std::string>("names");
  in.pipe_input("k", "ann", 1s);
  in.pipe_input("k", std::nullopt, 2s);
  in.pipe_input("k", "", 3s);
  EXPECT_THAT((driver.output_topic<std::string, std::int64_t>("sizes").read_values_to_list()),
              ElementsAre(3, std::nullopt, 0));
  EXPECT_THAT((driver.output_topic<std::string, std::string>("pairs").read_values_to_list()),
              ElementsAre("k=ann", std::nullopt, "k="));
  EXPECT_THAT((driver.output_topic<std::string, std::string>("shown").read_values_to_list()),
              ElementsAre("ann", "(none)", ""));
  EXPECT_THAT((driver.output_topic<std::string, std::string>("not-empty").read_values_to_list()),
              ElementsAre("ann", std::nullopt, std::nullopt));
}

TEST(StreamsAndTables, SplitAndMerge) {
  leat::StreamsBuilder builder;
  auto orders = builder.stream<std::string, Order>("orders");
  // [snippet: split]
  auto branches = orders.split(leat::Named::as("by-size-"))
                      .branch([](const Order& order) { return order.cents >= 100'00; }, leat::Branched::as("large"))
                      .branch([](const Order& order) { return order.cents >= 10'00; }, leat::Branched::to("medium"))
                      .default_branch(leat::Branched::as("small"));

  branches.at("by-size-large").merge(branches.at("by-size-small")).to("large-and-small");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, Order>("orders").with_time(0s, 1s);
  for (const std::int64_t cents : {200'00, 20'00, 2'00}) in.pipe_input("k", Order{"ann", "tea", cents});
  EXPECT_THAT((driver.output_topic<std::string, Order>("large-and-small").read_values_to_list()),
              ElementsAre(Order{"ann", "tea", 200'00}, Order{"ann", "tea", 2'00}));
  EXPECT_THAT((driver.output_topic<std::string, Order>("medium").read_values_to_list()),
              ElementsAre(Order{"ann", "tea", 20'00}));
}

TEST(StreamsAndTables, Aggregations) {
  leat::StreamsBuilder builder;
  auto orders = builder.stream<std::string, Order>("orders");
  // [snippet: aggregations]
  auto by_customer =
      orders.group_by([](const Order& order) { return order.customer; }, leat::Grouped::as("by-customer"));

  by_customer.count(leat::Materialized::as("order-counts")).to_stream().to("order-counts");

  by_customer
      .aggregate(
          std::int64_t{0}, [](const Order& order, std::int64_t sum) { return sum + order.cents; },
          leat::Materialized::as("turnover"))
      .to_stream()
      .to("turnover");

  by_customer
      .reduce([](const Order& a, const Order& b) { return a.cents >= b.cents ? a : b; },
              leat::Materialized::as("largest-order"))
      .to_stream()
      .to("largest-orders");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, Order>("orders").with_time(0s, 1s);
  in.pipe_value_list({{"ann", "tea", 250}, {"bob", "rye", 400}, {"ann", "jam", 300}});
  EXPECT_THAT((driver.output_topic<std::string, std::int64_t>("order-counts").read_values_to_list()),
              ElementsAre(1, 1, 2));
  EXPECT_EQ((driver.key_value_store<std::string, std::int64_t>("turnover").get("ann")), 550);
  EXPECT_EQ((driver.output_topic<std::string, Order>("largest-orders").read_key_values_to_map().at("ann").product),
            "jam");
  EXPECT_THAT(driver.produced_topic_names(), testing::Contains("test-by-customer-repartition"));
}

TEST(StreamsAndTables, Tables) {
  // [snippet: tables]
  leat::StreamsBuilder builder;
  auto cities = builder.table<std::string, std::string>("customer-cities", leat::Materialized::as("cities"));

  cities.filter([](const std::string& city) { return city != "Atlantis"; }).to_stream().to("real-cities");

  // How many customers live in a city: who moves is taken out of the old group and put into the new one.
  cities.group_by([](const std::string& customer, const std::string& city) {
          return leat::KeyValue{city, customer};
        })
      .count(leat::Materialized::as("customers-per-city"))
      .to_stream()
      .to("customers-per-city");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, std::string>("customer-cities").with_time(0s, 1s);
  in.pipe_key_value_list({{"ann", "Rome"}, {"bob", "Rome"}, {"ann", "Oslo"}, {"bob", std::nullopt}});
  EXPECT_EQ((driver.key_value_store<std::string, std::string>("cities").get("ann")), "Oslo");
  EXPECT_EQ((driver.key_value_store<std::string, std::string>("cities").get("bob")), std::nullopt);
  EXPECT_THAT((driver.output_topic<std::string, std::int64_t>("customers-per-city").read_key_values_to_map()),
              UnorderedElementsAre(Pair("Rome", 0), Pair("Oslo", 1)));
}

TEST(StreamsAndTables, Cogroup) {
  leat::StreamsBuilder builder;
  auto orders = builder.stream<std::string, Order>("orders-by-customer");
  auto refunds = builder.stream<std::string, std::int64_t>("refunds-by-customer");
  // [snippet: cogroup]
  orders.group_by_key()
      .cogroup<std::int64_t>([](const Order& order, std::int64_t balance) { return balance + order.cents; })
      .cogroup(refunds.group_by_key(), [](std::int64_t cents, std::int64_t balance) { return balance - cents; })
      .aggregate(std::int64_t{0}, leat::Materialized::as("balances"))
      .to_stream()
      .to("balances");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  driver.input_topic<std::string, Order>("orders-by-customer").pipe_input("ann", Order{"ann", "tea", 250}, 1s);
  driver.input_topic<std::string, std::int64_t>("refunds-by-customer").pipe_input("ann", 100, 2s);
  EXPECT_THAT((driver.output_topic<std::string, std::int64_t>("balances").read_values_to_list()),
              ElementsAre(250, 150));
}

// [snippet: json]
struct Parcel {
  std::string city;
  std::int64_t grams = 0;
  std::optional<std::string> note;
  std::vector<std::string> products;
};
LEAT_JSON(Parcel, city, grams, note, products)
// [end]

TEST(StreamsAndTables, JsonStructs) {
  leat::StreamsBuilder builder;
  // [snippet: use-json]
  builder.stream<std::string, Parcel>("parcels")
      .filter([](const Parcel& parcel) { return parcel.grams > 1000; })
      .to("heavy-parcels");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  const std::string json = R"({"city":"Rome","grams":1500,"note":null,"products":["tea","jam"]})";
  driver.input_topic<std::string, std::string>("parcels").pipe_input("1", json, 1s);
  driver.input_topic<std::string, Parcel>("parcels").pipe_input("2", Parcel{"Oslo", 10, "fragile", {}}, 2s);
  EXPECT_THAT((driver.output_topic<std::string, std::string>("heavy-parcels").read_values_to_list()),
              ElementsAre(json));
  auto raw = driver.input_topic<std::string, std::string>("parcels");
  EXPECT_THAT([&] { raw.pipe_input("3", "{\"city\":1}", 3s); },
              testing::ThrowsMessage<leat::TestDriverError>(HasSubstr("city is not text")));
}

// [snippet: other-serde]
struct Shouting {
  void serialize(const std::string& text, leat::Bytes& out) const {
    for (const char c : text) out.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  }
  leat::Result<std::string> deserialize(leat::BytesView bytes) const { return std::string(bytes); }
};
// [end]

TEST(StreamsAndTables, SerdesOtherThanTheDefault) {
  // [snippet: use-serde]
  leat::StreamsBuilder builder;
  builder.stream<std::string, std::string>("quiet").to("loud",
                                                       leat::Produced::with(leat::Serde<std::string>{}, Shouting{}));
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  driver.input_topic<std::string, std::string>("quiet").pipe_input("k", "tea", 1s);
  EXPECT_EQ((driver.output_topic<std::string, std::string>("loud").read_value()), "TEA");
}

TEST(StreamsAndTables, Describe) {
  // [snippet: describe]
  leat::StreamsBuilder builder;
  builder.stream<std::string, std::string>("in")
      .group_by([](const std::string& value) { return value; })
      .count()
      .to_stream()
      .to("out");
  std::string text = builder.build().describe();
  // [end]
  EXPECT_THAT(text,
              HasSubstr("Topologies:\n   Sub-topology: 0\n    Source: KSTREAM-SOURCE-0000000000 (topics: [in])\n"));
  EXPECT_THAT(text, HasSubstr("KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition"));
}

}  // namespace
