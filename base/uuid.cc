#include "base/uuid.h"

#include <fmt/format.h>

#include <array>

namespace leat {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kBase64Characters = 22;

int digit_of(char character) {
  const auto at = kAlphabet.find(character);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

Error malformed(std::string_view text, std::string_view form) {
  return {ErrorKind::kInvalidArgument, fmt::format("'{}' is not a uuid in {} form", text, form)};
}

}  // namespace

Uuid Uuid::random(Random& random) {
  Uuid uuid;
  do {
    uuid.high = (random.next() & ~0xf000ull) | 0x4000ull;
    uuid.low = (random.next() & ~(3ull << 62)) | (2ull << 62);
  } while (uuid.to_base64().front() == '-');
  return uuid;
}

std::string Uuid::to_base64() const {
  std::string text;
  text.reserve(kBase64Characters);
  // 128 bits are 21 digits of six bits and one of two, padded with zeros on the right.
  const auto value = (static_cast<unsigned __int128>(high) << 64) | low;
  for (int shift = 122; shift >= 2; shift -= 6) text.push_back(kAlphabet[static_cast<unsigned>(value >> shift) & 63]);
  text.push_back(kAlphabet[(static_cast<unsigned>(value) & 3) << 4]);
  return text;
}

Result<Uuid> Uuid::from_base64(std::string_view text) {
  if (text.size() != kBase64Characters) return malformed(text, "base64");
  unsigned __int128 value = 0;
  for (std::size_t i = 0; i < kBase64Characters; ++i) {
    const int digit = digit_of(text[i]);
    if (digit < 0) return malformed(text, "base64");
    value = i + 1 < kBase64Characters ? (value << 6) | static_cast<unsigned>(digit) : (value << 2) | (digit >> 4);
  }
  return Uuid{static_cast<std::uint64_t>(value >> 64), static_cast<std::uint64_t>(value)};
}

std::string Uuid::to_string() const {
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xffff, low >> 48,
                     low & 0xffffffffffff);
}

Result<Uuid> Uuid::from_string(std::string_view text) {
  if (text.size() != 36) return malformed(text, "8-4-4-4-12");
  std::array<std::uint64_t, 2> halves{};
  int digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash_expected = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash_expected != (text[i] == '-')) return malformed(text, "8-4-4-4-12");
    if (dash_expected) continue;
    const char c = text[i] | 0x20;
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return malformed(text, "8-4-4-4-12");
    auto& half = halves[digits++ / 16];
    half = (half << 4) | static_cast<unsigned>(digit);
  }
  return Uuid{halves[0], halves[1]};
}

}  // namespace leat
