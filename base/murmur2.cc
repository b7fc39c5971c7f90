#include "base/murmur2.h"

#include <cstddef>
#include <cstring>

#include "base/check.h"

namespace leat {

std::int32_t murmur2(BytesView bytes) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  constexpr int kShift = 24;

  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(left);
  for (; left >= 4; at += 4, left -= 4) {
    std::uint32_t word;
    std::memcpy(&word, at, sizeof(word));  // little-endian, as this code's machines are
    word *= kMultiplier;
    word ^= word >> kShift;
    word *= kMultiplier;
    hash = (hash * kMultiplier) ^ word;
  }
  if (left > 0) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < left; ++i)
      word |= static_cast<std::uint32_t>(static_cast<unsigned char>(at[i])) << (8 * i);
    hash = (hash ^ word) * kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return static_cast<std::int32_t>(hash);
}

std::int32_t partition_for_key(BytesView key, std::int32_t partitions) {
  LEAT_CHECK(partitions > 0, "a topic has at least one partition");
  return to_positive(murmur2(key)) % partitions;
}

}  // namespace leat
