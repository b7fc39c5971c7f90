// Big-endian numbers: the byte order of Kafka's protocol and of Java's DataOutput.
//
//   append_big_endian<std::int32_t>(bytes, 7);
//   BigEndianReader reader(bytes);
//   const auto version = reader.read<std::int32_t>();
//   if (!reader.ok()) return corrupt();            // asked once, at the end
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/bytes.h"

namespace leat {

/// Reverses the bytes of an integer on a little-endian machine.
template <std::integral T>
constexpr T to_big_endian(T value) {
  static_assert(std::endian::native == std::endian::little, "written for little-endian machines");
  if constexpr (sizeof(T) == 1) return value;
  using U = std::make_unsigned_t<T>;
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<U>(value)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<U>(value)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<U>(value)));
}

template <std::integral T>
void store_big_endian(char* at, T value) {
  value = to_big_endian(value);
  std::memcpy(at, &value, sizeof(value));
}

template <std::integral T>
T load_big_endian(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return to_big_endian(value);
}

template <std::integral T>
void append_big_endian(Bytes& bytes, std::type_identity_t<T> value) {
  value = to_big_endian(value);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

/// Reads numbers and slices one behind the other; once something is missing every further read gives zero or nothing
/// and `ok` stays false.
class BigEndianReader {
 public:
  explicit BigEndianReader(BytesView bytes) : rest_(bytes) {}

  template <std::integral T>
  T read() {
    if (rest_.size() < sizeof(T)) return fail(), T{};
    const T value = load_big_endian<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  BytesView read_bytes(std::size_t size) {
    if (rest_.size() < size) return fail(), BytesView{};
    const BytesView slice = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return slice;
  }
  /// An element count that the rest can hold, at `bytes_min` bytes an element.
  std::size_t read_count(std::size_t bytes_min) {
    const auto count = read<std::int32_t>();
    if (count < 0 || static_cast<std::size_t>(count) > rest_.size() / bytes_min) return fail(), 0;
    return static_cast<std::size_t>(count);
  }

  bool ok() const { return ok_; }
  BytesView rest() const { return rest_; }
  void fail() {
    ok_ = false;
    rest_ = {};
  }

 private:
  BytesView rest_;
  bool ok_ = true;
};

}  // namespace leat
