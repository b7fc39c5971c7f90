#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "base/random.h"
#include "base/varint.h"

namespace leat {
namespace {

Bytes random_bytes(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  Bytes bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

TEST(Crc32c, KnowsThePublishedCheckValues) {
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(Bytes(32, '\0')), 0x8a9136aau);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(Bytes(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32c, AgreesWithTheTableForEveryLengthAroundItsBlocks) {
  const Bytes bytes = random_bytes(40000, 1);
  for (std::size_t around : {0u, 256u, 768u, 1536u, 4096u, 12288u, 13056u, 24576u, 39900u}) {
    for (std::size_t size = around < 20 ? 0 : around - 20; size < around + 20; ++size) {
      const BytesView view = BytesView(bytes).substr(3, size);
      ASSERT_EQ(crc32c(view), crc32c_extend_portable(0, view)) << size;
    }
  }
}

TEST(Crc32c, ExtendsOverAnyCut) {
  const Bytes bytes = random_bytes(20000, 2);
  const std::uint32_t whole = crc32c(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 777) {
    ASSERT_EQ(crc32c_extend(crc32c(BytesView(bytes).substr(0, cut)), BytesView(bytes).substr(cut)), whole) << cut;
  }
}

TEST(Varint, WritesZigzagAsKafkaDoes) {
  const auto hex = [](std::int32_t value) {
    Bytes bytes;
    append_varint(bytes, value);
    return to_hex(bytes);
  };
  EXPECT_EQ(hex(0), "00");
  EXPECT_EQ(hex(-1), "01");
  EXPECT_EQ(hex(1), "02");
  EXPECT_EQ(hex(63), "7e");
  EXPECT_EQ(hex(-64), "7f");
  EXPECT_EQ(hex(64), "8001");
  EXPECT_EQ(hex(INT32_MAX), "feffffff0f");
  EXPECT_EQ(hex(INT32_MIN), "ffffffff0f");
}

TEST(Varint, ReadsWhatItWroteInAsManyBytesAsItSaid) {
  Random random(3);
  for (int i = 0; i < 5000; ++i) {
    const auto value = static_cast<std::int64_t>(random.next() >> random.below(64));
    const std::int64_t signed_value = random.chance(50) ? value : -value;
    Bytes bytes;
    append_varlong(bytes, signed_value);
    ASSERT_EQ(bytes.size(), varlong_size(signed_value));
    std::int64_t read = 0;
    ASSERT_EQ(read_varlong(bytes.data(), bytes.data() + bytes.size(), read), bytes.data() + bytes.size());
    ASSERT_EQ(read, signed_value);

    const auto small = static_cast<std::int32_t>(signed_value);
    bytes.clear();
    append_varint(bytes, small);
    ASSERT_EQ(bytes.size(), varint_size(small));
    std::int32_t read_small = 0;
    ASSERT_EQ(read_varint(bytes.data(), bytes.data() + bytes.size(), read_small), bytes.data() + bytes.size());
    ASSERT_EQ(read_small, small);
  }
}

TEST(Varint, TakesOverlongFormsAndRefusesTheSixthByte) {
  std::uint32_t value = 7;
  const Bytes overlong("\x80\x80\x80\x80\x00", 5);
  EXPECT_EQ(read_unsigned_varint(overlong.data(), overlong.data() + 5, value), overlong.data() + 5);
  EXPECT_EQ(value, 0u);
  const Bytes six("\x80\x80\x80\x80\x80\x00", 6);
  EXPECT_EQ(read_unsigned_varint(six.data(), six.data() + 6, value), nullptr);
  std::uint64_t wide = 7;
  const Bytes eleven(Bytes(10, '\x80') + '\0');
  EXPECT_EQ(read_unsigned_varlong(eleven.data(), eleven.data() + 11, wide), nullptr);
}

TEST(Varint, RefusesANumberThatIsCutOff) {
  std::uint32_t value = 0;
  const Bytes bytes("\xff\xff", 2);
  EXPECT_EQ(read_unsigned_varint(bytes.data(), bytes.data() + 2, value), nullptr);
  EXPECT_EQ(read_unsigned_varint(bytes.data(), bytes.data(), value), nullptr);
}

}  // namespace
}  // namespace leat
