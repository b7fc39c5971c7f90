#include "schemas/protobuf_serde.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schemas/memory_schema_registry.h"
#include "tests/schemas/order.pb.h"

namespace leat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class M>
std::string bytes_of(const ProtobufSerde<M>& serde, const M& message) {
  Bytes bytes;
  serde.serialize(message, bytes);
  return to_hex(bytes);
}

// https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
TEST(ProtobufSerde, WritesConfluentsFrame) {
  shop::Order order;
  order.set_id("7");
  EXPECT_EQ(bytes_of(ProtobufSerde<shop::Order>(258), order),
            "00"
            "00000102"
            "00"
            "0a0137");
  // The second message of the file: one index, 1, as zigzag varints.
  EXPECT_EQ(bytes_of(ProtobufSerde<shop::Basket>(1), shop::Basket()),
            "00"
            "00000001"
            "0202");
  // The first one inside of it: two indexes, 1 and 0.
  EXPECT_EQ(bytes_of(ProtobufSerde<shop::Basket::Item>(1), shop::Basket::Item()),
            "00"
            "00000001"
            "040200");
}

TEST(ProtobufSerde, ReadsWhatItWroteAndWhatOtherVersionsWrote) {
  const ProtobufSerde<shop::Order> serde(1);
  shop::Order order;
  order.set_id("7");
  order.mutable_price()->set_cents(250);
  Bytes bytes;
  serde.serialize(order, bytes);
  EXPECT_EQ(serde.deserialize(bytes)->price().cents(), 250);
  // Another schema, where the message stands second; the first one written out in full is [0] too.
  EXPECT_EQ(serde.deserialize(std::string("\0\0\0\0\x09\x02\x02\x0a\x01\x38", 10))->id(), "8");
  EXPECT_EQ(serde.deserialize(std::string("\0\0\0\0\x09\x02\x00\x0a\x01\x38", 10))->id(), "8");
}

TEST(ProtobufSerde, RefusesWhatIsNone) {
  const ProtobufSerde<shop::Order> serde(1);
  EXPECT_THAT(serde.deserialize("plain").error().message, HasSubstr("no schema id in front"));
  EXPECT_THAT(serde.deserialize(std::string("\0\0\0\0\x01\x02\x02", 7)).error().message,
              HasSubstr("another message of its file than leat.shop.Order"));
  EXPECT_THAT(serde.deserialize(std::string("\0\0\0\0\x02\x7f", 6)).error().message, HasSubstr("message indexes"));
  EXPECT_THAT(serde.deserialize(std::string("\0\0\0\0\x01\0\xff", 7)).error().message,
              HasSubstr("is no leat.shop.Order"));
}

TEST(ProtobufSerde, RegistersTheFileAndBeforeItWhatItImports) {
  MemorySchemaRegistry registry;
  ASSERT_TRUE(ProtobufSerde<shop::Order>::registered(registry, "orders-value").ok());
  EXPECT_THAT(registry.subjects(), ElementsAre("orders-value", "tests/schemas/money.proto"));
  const Schema order = *registry.schema(2);
  EXPECT_THAT(order.references,
              ElementsAre(SchemaReference{"tests/schemas/money.proto", "tests/schemas/money.proto", 1}));
  EXPECT_THAT(order.text, HasSubstr("message Order {"));
  // The same file under another subject has the same id.
  EXPECT_EQ(*ProtobufSerde<shop::Order>::registered(registry, "other")
                 ->deserialize(std::string("\0\0\0\0\x02\0\x0a\x01\x38", 9))
                 .value()
                 .mutable_id(),
            "8");
}

}  // namespace
}  // namespace leat
