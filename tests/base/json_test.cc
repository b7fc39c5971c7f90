#include "base/json.h"

#include <gmock/gmock.h>

#include <cmath>

namespace shop {

struct Item {
  std::string product;
  double price = 0;
  bool operator==(const Item&) const = default;
};
LEAT_JSON(Item, product, price)

struct Order {
  std::int64_t id = 0;
  std::uint8_t urgency = 0;
  bool paid = false;
  std::optional<std::string> note;
  std::vector<Item> items;
  std::map<std::string, std::int32_t> points;
  bool operator==(const Order&) const = default;
};
LEAT_JSON(Order, id, urgency, paid, note, items, points)

}  // namespace shop

namespace leat {
namespace {

using shop::Item;
using shop::Order;
using testing::HasSubstr;

std::string json(const Order& order) {
  Bytes out;
  Serde<Order>::serialize(order, out);
  return out;
}
std::string problem(std::string_view text) {
  const auto read = Serde<Order>::deserialize(text);
  return read ? "" : read.error().message;
}

const Order kOrder{17, 255, true, std::nullopt, {{"tea \"green\"", 2.5}, {"rye", 1e100}}, {{"a", -1}, {"b", 2}}};
constexpr std::string_view kText =
    R"({"id":17,"urgency":255,"paid":true,"note":null,"items":[{"product":"tea \"green\"","price":2.5},)"
    R"({"product":"rye","price":1e+100}],"points":{"a":-1,"b":2}})";

TEST(Json, WritesTheMembersInTheirOrder) {
  EXPECT_EQ(json(kOrder), kText);
  EXPECT_EQ(json({}), R"({"id":0,"urgency":0,"paid":false,"note":null,"items":[],"points":{}})");
}

TEST(Json, ReadsWhatItWrote) {
  EXPECT_EQ(Serde<Order>::deserialize(kText).value(), kOrder);
  Item item{"\x01\x1f\n\t\r\\\"/\xc3\xbc\xf0\x9f\x8d\xb5", 0.1};
  Bytes out;
  Serde<Item>::serialize(item, out);
  EXPECT_EQ(Serde<Item>::deserialize(out).value(), item);
}

TEST(Json, TakesAnyOrderWhiteSpaceAndMembersThatItDoesNotKnow) {
  const auto read = Serde<Item>::deserialize(
      " { \"x\" : [1, {\"y\": null}, \"]\", true, -0.5e-3] ,\n\"price\":3, \"product\" : "
      "\"\\u0074ea\\u00fc\\ud83c\\udf75\" }\t");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, (Item{"tea\xc3\xbc\xf0\x9f\x8d\xb5", 3}));
}

TEST(Json, AMissingOptionalIsEmptyAndAnyOtherMissingMemberIsNamed) {
  EXPECT_EQ(Serde<Order>::deserialize(R"({"id":1,"urgency":2,"paid":true,"items":[],"points":{}})")->note,
            std::nullopt);
  EXPECT_THAT(problem(R"({"id":1,"urgency":2,"paid":true,"items":[]})"), HasSubstr("points is missing"));
}

TEST(Json, SaysWhereAndWhatIsWrong) {
  const auto with = [](std::string_view id, std::string_view items) {
    return R"({"urgency":2,"paid":true,"points":{},"id":)" + std::string(id) + R"(,"items":)" + std::string(items) +
           "}";
  };
  EXPECT_EQ(problem(with("1", "[]")), "");
  EXPECT_THAT(problem(with("\"1\"", "[]")), HasSubstr("id is not a whole number"));
  EXPECT_THAT(problem(with("null", "[]")), HasSubstr("id is not a whole number"));
  EXPECT_THAT(problem(with("1.5", "[]")), HasSubstr("id is not a whole number"));
  EXPECT_THAT(problem(with("9223372036854775808", "[]")), HasSubstr("id is not a whole number"));
  EXPECT_THAT(problem(with("1", R"([{"product":"a","price":1},{"product":"b","price":"x"}])")),
              HasSubstr("items[1] price is not a number"));
  EXPECT_THAT(problem(R"({"urgency":256})"), HasSubstr("urgency is not a whole number from 0 to 255"));
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const char* text : {"", "x", "{", "[]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\":01}", "{\"a\":1.}",
                           "{\"a\":.5}", "{\"a\":+1}", "{\"a\":\"\\x\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\n\"}",
                           "{\"a\":nul}", "{\"a\":1 \"b\":2}", "{\"a\":[1 2]}", "{\"a\":\"\\u12\"}"}) {
    EXPECT_NE(problem(text), "") << text;
  }
  EXPECT_THAT(problem(std::string(kText) + "x"), HasSubstr("more behind the end"));
  EXPECT_THAT(problem(std::string(kText) + std::string(1, '\0')), HasSubstr("more behind the end"));
  for (std::size_t size = 0; size < kText.size(); ++size) EXPECT_NE(problem(kText.substr(0, size)), "") << size;
}

TEST(Json, IsNotLedTooDeep) { EXPECT_THAT(problem("{\"a\":" + std::string(100'000, '[')), HasSubstr("too deep")); }

TEST(Json, NumbersThatAreNoneAreNull) {
  Bytes out;
  Serde<Item>::serialize({"a", std::nan("")}, out);
  EXPECT_EQ(out, R"({"product":"a","price":null})");
}

}  // namespace
}  // namespace leat
