// Variable-length integers as Kafka writes them: seven bits per byte, least significant first, the top bit set on
// every byte but the last. The unsigned ones are written as they are (compact lengths, tags), the signed ones in
// zigzag order 0, -1, 1, -2, ... (fields of records).
//
//   char* end = write_varint(to, -3);                                     // room for kVarintBytesMax
//   std::int32_t value;
//   at = read_varint(at, end, value);                                     // nullptr: cut off or too long
//
// A reader takes overlong forms (0x80 0x00 is 0), as Kafka does, and refuses a sixth byte of 32 bits and an eleventh
// of 64; bits that do not fit into the type are dropped.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace leat {

inline constexpr std::size_t kVarintBytesMax = 5;
inline constexpr std::size_t kVarlongBytesMax = 10;

constexpr std::uint32_t zigzag(std::int32_t value) {
  return (static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31);
}
constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int32_t unzigzag(std::uint32_t value) {
  return static_cast<std::int32_t>((value >> 1) ^ (0 - (value & 1)));
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
}

constexpr std::size_t unsigned_varint_size(std::uint32_t value) { return (std::bit_width(value | 1) + 6) / 7; }
constexpr std::size_t unsigned_varlong_size(std::uint64_t value) { return (std::bit_width(value | 1) + 6) / 7; }
constexpr std::size_t varint_size(std::int32_t value) { return unsigned_varint_size(zigzag(value)); }
constexpr std::size_t varlong_size(std::int64_t value) { return unsigned_varlong_size(zigzag(value)); }

/// Writers return the end of what they wrote; `to` has room for kVarintBytesMax or kVarlongBytesMax.
inline char* write_unsigned_varlong(char* to, std::uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}
inline char* write_unsigned_varint(char* to, std::uint32_t value) { return write_unsigned_varlong(to, value); }
inline char* write_varint(char* to, std::int32_t value) { return write_unsigned_varlong(to, zigzag(value)); }
inline char* write_varlong(char* to, std::int64_t value) { return write_unsigned_varlong(to, zigzag(value)); }

inline void append_unsigned_varint(Bytes& to, std::uint32_t value) {
  char buffer[kVarintBytesMax];
  to.append(buffer, write_unsigned_varint(buffer, value));
}
inline void append_unsigned_varlong(Bytes& to, std::uint64_t value) {
  char buffer[kVarlongBytesMax];
  to.append(buffer, write_unsigned_varlong(buffer, value));
}
inline void append_varint(Bytes& to, std::int32_t value) { append_unsigned_varint(to, zigzag(value)); }
inline void append_varlong(Bytes& to, std::int64_t value) { append_unsigned_varlong(to, zigzag(value)); }

namespace varint_detail {

template <class Unsigned, std::size_t kBytesMax>
inline const char* read(const char* at, const char* end, Unsigned& value) {
  if (at != end && !(*at & 0x80)) {  // by far the most frequent length
    value = static_cast<unsigned char>(*at);
    return at + 1;
  }
  Unsigned sum = 0;
  for (std::size_t i = 0; i < kBytesMax && at != end; ++i) {
    const auto byte = static_cast<unsigned char>(*at++);
    sum |= static_cast<Unsigned>(byte & 0x7f) << (7 * i);
    if (!(byte & 0x80)) {
      value = sum;
      return at;
    }
  }
  return nullptr;
}

}  // namespace varint_detail

/// Readers return the place behind the number, or nullptr where the bytes end before it or it has too many of them.
inline const char* read_unsigned_varint(const char* at, const char* end, std::uint32_t& value) {
  return varint_detail::read<std::uint32_t, kVarintBytesMax>(at, end, value);
}
inline const char* read_unsigned_varlong(const char* at, const char* end, std::uint64_t& value) {
  return varint_detail::read<std::uint64_t, kVarlongBytesMax>(at, end, value);
}
inline const char* read_varint(const char* at, const char* end, std::int32_t& value) {
  std::uint32_t raw = 0;
  at = read_unsigned_varint(at, end, raw);
  if (at) value = unzigzag(raw);
  return at;
}
inline const char* read_varlong(const char* at, const char* end, std::int64_t& value) {
  std::uint64_t raw = 0;
  at = read_unsigned_varlong(at, end, raw);
  if (at) value = unzigzag(raw);
  return at;
}

}  // namespace leat
