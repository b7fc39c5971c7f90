#include "base/murmur3.h"

#include <bit>

namespace leat {

namespace {

constexpr std::uint64_t kSeed = 104729;
constexpr std::uint64_t kFirst = 0x87c37b91114253d5, kSecond = 0x4cf5ad432745937f;

std::uint64_t mix_first(std::uint64_t k) { return std::rotl(k * kFirst, 31) * kSecond; }
std::uint64_t mix_second(std::uint64_t k) { return std::rotl(k * kSecond, 33) * kFirst; }

std::uint64_t finish(std::uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccd;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53;
  return h ^ (h >> 33);
}

/// Up to 8 bytes, the first one lowest.
std::uint64_t little_endian(BytesView bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return number;
}

}  // namespace

std::array<std::uint64_t, 2> murmur3_128(BytesView bytes) {
  constexpr std::size_t kHalf = 8, kBlock = 16;
  std::uint64_t h1 = kSeed, h2 = kSeed;
  BytesView rest = bytes;
  for (; rest.size() >= kBlock; rest.remove_prefix(kBlock)) {
    h1 = (std::rotl(h1 ^ mix_first(little_endian(rest.substr(0, kHalf))), 27) + h2) * 5 + 0x52dce729;
    h2 = (std::rotl(h2 ^ mix_second(little_endian(rest.substr(kHalf, kHalf))), 31) + h1) * 5 + 0x38495ab5;
  }
  if (rest.size() > kHalf) h2 ^= mix_second(little_endian(rest.substr(kHalf)));
  if (!rest.empty()) h1 ^= mix_first(little_endian(rest.substr(0, kHalf)));
  h1 ^= bytes.size();
  h2 ^= bytes.size();
  h1 += h2;
  h2 += h1;
  h1 = finish(h1);
  h2 = finish(h2);
  h1 += h2;
  return {h1, h2 + h1};
}

}  // namespace leat
