#include "base/list_serde.h"

#include <gmock/gmock.h>

namespace leat {
namespace {

using testing::ElementsAre;
using testing::Optional;

template <class T>
std::string bytes_of(const std::vector<T>& list) {
  Bytes out;
  Serde<std::vector<T>>::serialize(list, out);
  return to_hex(out);
}

// The bytes that Kafka's ListSerializer writes are those of the conformance vectors (basic.jsonl), which
// conformance_streams checks; here is what they do not say.

TEST(ListSerde, ReadsWhatItWrote) {
  const std::vector<std::vector<std::string>> lists{{}, {""}, {"a", "", "abc"}};
  for (const auto& list : lists) {
    Bytes out;
    Serde<std::vector<std::string>>::serialize(list, out);
    EXPECT_EQ(Serde<std::vector<std::string>>::deserialize(out).value(), list);
  }
  EXPECT_EQ(bytes_of<std::int16_t>({1, -1}),
            "000000000000000002"
            "0001"
            "ffff");
  EXPECT_EQ(bytes_of<bool>({true}),
            "010000000100000001"
            "01");
}

TEST(ListSerde, KeepsNullsWhereItemsMayBeNull) {
  using Serde = Serde<std::vector<std::optional<double>>>;
  Bytes out;
  Serde::serialize({std::nullopt, 1.5, std::nullopt}, out);
  EXPECT_THAT(Serde::deserialize(out).value(), ElementsAre(std::nullopt, Optional(1.5), std::nullopt));
  EXPECT_FALSE(leat::Serde<std::vector<double>>::deserialize(out).ok()) << "items that cannot be null";
}

TEST(ListSerde, RefusesWhatIsNoList) {
  using Longs = Serde<std::vector<std::int64_t>>;
  using Texts = Serde<std::vector<std::string>>;
  Bytes longs, texts;
  Longs::serialize({1, 2}, longs);
  Texts::serialize({"a", "b"}, texts);
  EXPECT_FALSE(Longs::deserialize(texts).ok());
  EXPECT_FALSE(Texts::deserialize(longs).ok());
  for (std::size_t size = 0; size < longs.size(); ++size) EXPECT_FALSE(Longs::deserialize(longs.substr(0, size)).ok());
  for (std::size_t size = 0; size < texts.size(); ++size) EXPECT_FALSE(Texts::deserialize(texts.substr(0, size)).ok());
  EXPECT_FALSE(Longs::deserialize(longs + "x").ok());
  const Bytes endless("\x01\x7f\xff\xff\xff", 5);
  EXPECT_FALSE(Texts::deserialize(endless).ok());
  const Bytes endless_nulls("\x00\x7f\xff\xff\xff\x7f\xff\xff\xff", 9);
  EXPECT_FALSE(Longs::deserialize(endless_nulls).ok());
}

}  // namespace
}  // namespace leat
