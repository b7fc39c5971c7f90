#include "state/store_query.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/json.h"

namespace leat::detail {

std::string json_string(std::string_view text) {
  std::string json;
  append_json(text, json);
  return json;
}

std::string json_number(std::int64_t value) { return std::to_string(value); }

std::string json_number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

std::string json_bytes(BytesView bytes) {
  std::string json = "\"";
  for (const char byte : bytes) fmt::format_to(std::back_inserter(json), "{:02x}", static_cast<unsigned char>(byte));
  return json + "\"";
}

Result<std::int64_t> integer_of(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
    return Error{ErrorKind::kInvalidArgument,
                 fmt::format("'{}' is no number from {} to {}, which the keys of this store are", text, least, most)};
  return value;
}

Result<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return Error{ErrorKind::kInvalidArgument, fmt::format("'{}' is no number, which the keys of this store are", text)};
  return value;
}

}  // namespace leat::detail
