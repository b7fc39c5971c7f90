#include "schemas/avro_serde.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schemas/memory_schema_registry.h"

namespace leat {
namespace {

using testing::HasSubstr;

struct Line {
  std::string article;
  std::int32_t pieces = 0;
};
LEAT_JSON(Line, article, pieces)
LEAT_AVRO_NAME(Line, "shop.Line")

struct Order {
  std::string id;
  double amount = 0;
  std::optional<std::string> note;
  std::vector<Line> lines;
  std::map<std::string, std::int64_t> tags;
  bool paid = false;
  float rate = 0;
};
LEAT_JSON(Order, id, amount, note, lines, tags, paid, rate)
LEAT_AVRO_NAME(Order, "shop.Order")

struct Text {
  std::string f1;
};
LEAT_JSON(Text, f1)
LEAT_AVRO_NAME(Text, "myrecord")

template <class T>
AvroSerde<T> serde(SchemaRegistry& registry) {
  return AvroSerde<T>::registered(registry, "s").value();
}

TEST(AvroSerde, WritesConfluentsFrameAndAvrosBytes) {
  MemorySchemaRegistry registry;
  Bytes bytes;
  serde<Text>(registry).serialize({"value1"}, bytes);
  EXPECT_EQ(to_hex(bytes),
            "00"
            "00000001"
            "0c76616c756531");
  EXPECT_EQ(registry.schema(1)->text,
            R"({"type":"record","name":"myrecord","fields":[{"name":"f1","type":"string"}]})");
}

TEST(AvroSerde, SaysTheSchemaOfAStruct) {
  EXPECT_EQ(avro_schema<Order>(),
            R"({"type":"record","name":"shop.Order","fields":[{"name":"id","type":"string"},)"
            R"({"name":"amount","type":"double"},{"name":"note","type":["null","string"],"default":null},)"
            R"({"name":"lines","type":{"type":"array","items":{"type":"record","name":"shop.Line","fields":[)"
            R"({"name":"article","type":"string"},{"name":"pieces","type":"int"}]}}},)"
            R"({"name":"tags","type":{"type":"map","values":"long"}},{"name":"paid","type":"boolean"},)"
            R"({"name":"rate","type":"float"}]})");
}

TEST(AvroSerde, ReadsBackEveryKindOfMember) {
  MemorySchemaRegistry registry;
  const auto orders = serde<Order>(registry);
  const Order order{"7", 2.5, "soon", {{"pen", -3}, {"ink", 400}}, {{"a", INT64_MIN}}, true, 0.5f};
  Bytes bytes;
  orders.serialize(order, bytes);
  // id, amount, the branch of the note and it, two lines, one tag, true, rate.
  EXPECT_EQ(to_hex(bytes).substr(10),
            "0237"
            "0000000000000440"
            "0208736f6f6e"
            "040670656e05"
            "06696e6ba006"
            "00"
            "020261ffffffffffffffffff01"
            "00"
            "01"
            "0000003f");
  const Order back = orders.deserialize(bytes).value();
  EXPECT_EQ(back.note, "soon");
  EXPECT_EQ(back.lines[1].pieces, 400);
  EXPECT_EQ(back.tags.at("a"), INT64_MIN);
  EXPECT_TRUE(back.paid);
  EXPECT_EQ(back.rate, 0.5f);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(orders.deserialize(BytesView(bytes).substr(0, size)).ok()) << size;
  EXPECT_THAT(orders.deserialize(bytes + "x").error().message, HasSubstr("1 bytes are left"));
}

/// What another program wrote by this schema, read as an Order.
Result<Order> read_from(const std::string& schema, const std::string& bytes) {
  MemorySchemaRegistry registry;
  const auto orders = serde<Order>(registry);
  EXPECT_EQ(registry.register_schema("s", {SchemaType::kAvro, schema, {}})->id, 2);
  return orders.deserialize(std::string("\0\0\0\0\2", 5) + bytes);
}

const std::string kOther = R"({"type":"record","name":"Order","namespace":"shop","fields":[
  {"name":"gone","type":["null",{"type":"record","name":"Node","fields":[{"name":"next","type":["null","Node"]}]}]},
  {"name":"amount","type":"int"},{"name":"id","type":{"type":"enum","name":"E","symbols":["A","B"]}},
  {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
     {"name":"article","type":"bytes"},{"name":"pieces","type":"long"},{"name":"more","type":"string"}]}}},
  {"name":"tags","type":{"type":"map","values":"int"}},{"name":"paid","type":"boolean"},
  {"name":"rate","type":"long"}]})";

TEST(AvroSerde, ReadsOtherVersionsByTheNamesOfTheirFields) {
  // gone: a node in a node; amount 3; id B; lines: a block with its size, of one; tags: none; paid; rate 2.
  const auto order = read_from(kOther, std::string("\2\2\0"
                                                   "\6"
                                                   "\2"
                                                   "\1\x0c\2x\x0a\4yy\0"
                                                   "\0"
                                                   "\1"
                                                   "\4",
                                                   17));
  ASSERT_TRUE(order.ok()) << order.error().message;
  EXPECT_EQ(order->amount, 3);
  EXPECT_EQ(order->id, "B");
  EXPECT_EQ(order->lines.at(0).article, "x");
  EXPECT_EQ(order->lines.at(0).pieces, 5);
  EXPECT_EQ(order->note, std::nullopt);
  EXPECT_EQ(order->rate, 2);
}

TEST(AvroSerde, TellsWhatDoesNotFit) {
  const std::string front = R"({"type":"record","name":"Order","fields":[)";
  EXPECT_THAT(read_from(front + R"({"name":"id","type":"string"}]})", "\2x").error().message,
              HasSubstr("amount is missing in the version"));
  EXPECT_THAT(read_from(front + R"({"name":"id","type":"long"}]})", "\2").error().message,
              HasSubstr("id was written as long, which is no text"));
  EXPECT_THAT(read_from("\"int\"", "\2").error().message, HasSubstr("was written as int, which is no record"));
  EXPECT_THAT(read_from("nonsense", "\2").error().message, HasSubstr("schema 2: no Avro schema"));
  MemorySchemaRegistry registry;
  EXPECT_EQ(serde<Text>(registry).deserialize(std::string("\0\0\0\0\7x", 6)).error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(serde<Text>(registry).deserialize("\2x").error().message, HasSubstr("no schema id in front"));
}

TEST(AvroSerde, BoundsWhatHostileBytesCost) {
  // An array of 2^40 items, and nodes without end.
  const std::string front = R"({"type":"record","name":"Order","fields":[)";
  EXPECT_FALSE(
      read_from(front + R"({"name":"x","type":{"type":"array","items":"null"}}]})", "\x80\x80\x80\x80\x80\x40").ok());
  const std::string node =
      front + R"({"name":"x","type":{"type":"record","name":"N","fields":[{"name":"n","type":["null","N"]}]}}]})";
  EXPECT_THAT(read_from(node, std::string(1'000'000, '\2')).error().message, HasSubstr("too deep"));
}

}  // namespace
}  // namespace leat
