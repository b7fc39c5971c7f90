// The programs of docs/guide/schemas.md.
#include <gmock/gmock.h>
#include <leat/testing.h>

// clang-format off
// [snippet: schemas_protobuf]
#include "schemas/http_schema_registry.h"
#include "schemas/protobuf_serde.h"
#include "tests/schemas/order.pb.h"  // made by protoc

// [end]
// clang-format on
#include "schemas/avro_serde.h"
#include "schemas/memory_schema_registry.h"

namespace {

using namespace std::chrono_literals;
using leat::shop::Order;

// [snippet: schemas_protobuf]
leat::Result<leat::Topology> cents_per_order(leat::SchemaRegistry& registry) {
  auto orders = leat::ProtobufSerde<Order>::registered(registry, "orders-value");
  if (!orders) return orders.error();

  leat::StreamsBuilder builder;
  builder.stream<std::string, Order>("orders", leat::Consumed::with(leat::Serde<std::string>{}, *orders))
      .map_values([](const Order& order) { return order.price().cents(); })
      .to("cents");
  return builder.build();
}
// [end]

[[maybe_unused]] leat::Result<leat::Topology> connected() {
  // [snippet: schemas_registry]
  auto registry = leat::HttpSchemaRegistry::open({.url = "http://registry:8081", .user_info = "app:secret"});
  if (!registry) return registry.error();
  leat::Result<leat::Topology> topology = cents_per_order(**registry);
  // [end]
  return topology;
}

TEST(SchemasPage, ProtobufOrders) {
  // [snippet: schemas_test]
  leat::MemorySchemaRegistry registry;
  leat::TopologyTestDriver driver{cents_per_order(registry).value()};
  auto orders = driver.input_topic<std::string, Order>(
      "orders", leat::Serde<std::string>{}, leat::ProtobufSerde<Order>::registered(registry, "orders-value").value());
  Order order;
  order.mutable_price()->set_cents(250);
  orders.pipe_input("7", order, 1s);
  // [end]
  EXPECT_EQ((driver.output_topic<std::string, std::int64_t>("cents").read_value()), 250);
  EXPECT_THAT(registry.subjects(), testing::ElementsAre("orders-value", "tests/schemas/money.proto"));
}

// [snippet: schemas_avro]
struct Payment {
  std::string order;
  std::int64_t cents = 0;
  std::optional<std::string> voucher;  // added later: older payments have none
};
LEAT_JSON(Payment, order, cents, voucher)
LEAT_AVRO_NAME(Payment, "com.example.Payment")
// [end]

TEST(SchemasPage, AvroPayments) {
  leat::MemorySchemaRegistry registry;
  leat::StreamsBuilder builder;
  // [snippet: schemas_avro_use]
  auto payments = leat::AvroSerde<Payment>::registered(registry, "payments-value").value();
  auto per_order =
      builder.stream<std::string, Payment>("payments", leat::Consumed::with(leat::Serde<std::string>{}, payments))
          .group_by_key(leat::Grouped::with(leat::Serde<std::string>{}, payments))
          .reduce(
              [](const Payment& sum, const Payment& next) {
                return Payment{sum.order, sum.cents + next.cents, next.voucher};
              },
              leat::Materialized::as("paid").with_value_serde(payments));
  // [end]
  per_order.to_stream().to("paid", leat::Produced::with(leat::Serde<std::string>{}, payments));
  leat::TopologyTestDriver driver{builder.build()};
  auto input = driver.input_topic<std::string, Payment>("payments", leat::Serde<std::string>{}, payments);
  input.pipe_input("a", Payment{"a", 100, "V"}, 1s);
  input.pipe_input("a", Payment{"a", 50, {}}, 2s);
  auto output = driver.output_topic<std::string, Payment>("paid", leat::Serde<std::string>{}, payments);
  output.read_value();
  EXPECT_EQ(output.read_value().value().cents, 150);
  EXPECT_EQ(registry.schema(1)->text, leat::avro_schema<Payment>());
}

}  // namespace
