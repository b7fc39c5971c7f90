// Windowed<K>: a key in a window. Its bytes are Kafka's: those of the key, then the window's start in 8 big-endian
// bytes; for sessions the end, then the start.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>

#include "base/serde.h"

namespace leat {

/// [start, end) of a time window; [start, end] of a session. Milliseconds.
struct Window {
  std::int64_t start = 0;
  std::int64_t end = 0;
  auto operator<=>(const Window&) const = default;
};

template <class K>
struct Windowed {
  K key{};
  Window window;
  auto operator<=>(const Windowed&) const = default;
};

/// The serde of time-windowed keys. The bytes do not hold the end, which is start + `size_ms` after reading.
template <class K, class S = Serde<K>>
class TimeWindowedSerde {
 public:
  /// What the window takes at the end of the bytes.
  static constexpr std::size_t kWindowBytes = 8;

  TimeWindowedSerde() = default;
  explicit TimeWindowedSerde(std::int64_t size_ms, S serde = {}) : serde_(std::move(serde)), size_ms_(size_ms) {}

  void serialize(const Windowed<K>& value, Bytes& out) const {
    serde_.serialize(value.key, out);
    detail::append_big_endian(static_cast<std::uint64_t>(value.window.start), out);
  }
  Result<Windowed<K>> deserialize(BytesView bytes) const {
    if (bytes.size() < 8) return detail::wrong_size("time-windowed key", 8, bytes.size());
    auto key = serde_.deserialize(bytes.substr(0, bytes.size() - 8));
    if (!key.ok()) return key.error();
    const auto start = static_cast<std::int64_t>(detail::read_big_endian<std::uint64_t>(bytes.end() - 8));
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    const std::int64_t end = start > kMax - size_ms_ ? kMax : start + size_ms_;
    return Windowed<K>{std::move(key).value(), {start, end}};
  }

 private:
  [[no_unique_address]] S serde_;
  std::int64_t size_ms_ = std::numeric_limits<std::int64_t>::max();
};

/// The serde of session keys.
template <class K, class S = Serde<K>>
class SessionWindowedSerde {
 public:
  static constexpr std::size_t kWindowBytes = 16;

  SessionWindowedSerde() = default;
  explicit SessionWindowedSerde(S serde) : serde_(std::move(serde)) {}

  void serialize(const Windowed<K>& value, Bytes& out) const {
    serde_.serialize(value.key, out);
    detail::append_big_endian(static_cast<std::uint64_t>(value.window.end), out);
    detail::append_big_endian(static_cast<std::uint64_t>(value.window.start), out);
  }
  Result<Windowed<K>> deserialize(BytesView bytes) const {
    if (bytes.size() < 16) return detail::wrong_size("session key", 16, bytes.size());
    auto key = serde_.deserialize(bytes.substr(0, bytes.size() - 16));
    if (!key.ok()) return key.error();
    const auto end = static_cast<std::int64_t>(detail::read_big_endian<std::uint64_t>(bytes.end() - 16));
    const auto start = static_cast<std::int64_t>(detail::read_big_endian<std::uint64_t>(bytes.end() - 8));
    return Windowed<K>{std::move(key).value(), {start, end}};
  }

 private:
  [[no_unique_address]] S serde_;
};

/// Without more said a windowed key is a time-windowed one whose end is not known after reading.
template <class K>
requires HasSerde<K>
struct Serde<Windowed<K>> : TimeWindowedSerde<K> {
  using TimeWindowedSerde<K>::TimeWindowedSerde;
};

}  // namespace leat
