// Uuid: 128 bits, written as Kafka writes topic ids (URL-safe base64 without padding) or as RFC 4122 text.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace leat {

struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const Uuid&) const = default;
  bool is_zero() const { return high == 0 && low == 0; }

  /// A version 4 uuid whose base64 text does not start with '-', as Kafka chooses them.
  static Uuid random(Random& random);
  /// 22 characters of URL-safe base64, Kafka's form for topic and cluster ids.
  std::string to_base64() const;
  static Result<Uuid> from_base64(std::string_view text);
  /// 8-4-4-4-12 hex digits, java.util.UUID's form.
  std::string to_string() const;
  static Result<Uuid> from_string(std::string_view text);
};

}  // namespace leat

template <>
struct std::hash<leat::Uuid> {
  std::size_t operator()(const leat::Uuid& uuid) const noexcept { return uuid.high ^ (uuid.low * 0x9e3779b97f4a7c15); }
};
