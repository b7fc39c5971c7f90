#include "broker/wire/json_writer.h"

#include <fmt/format.h>

namespace leat::wire {

void JsonWriter::open(char bracket) {
  separate();
  json_.push_back(bracket);
  first_ = true;
}

void JsonWriter::close(char bracket) {
  json_.push_back(bracket);
  first_ = false;
}

void JsonWriter::separate() {
  if (!first_) json_.push_back(',');
  first_ = false;
}

void JsonWriter::quote(std::string_view text) {
  json_.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json_.push_back('\\');
      json_.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json_ += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      json_.push_back(c);
    }
  }
  json_.push_back('"');
}

void JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  json_.push_back(':');
  first_ = true;
}

void JsonWriter::text(std::string_view value) {
  separate();
  quote(value);
}

void JsonWriter::base64(BytesView value) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  separate();
  json_.push_back('"');
  for (std::size_t i = 0; i < value.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, value.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? static_cast<unsigned char>(value[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) json_.push_back(j <= count ? kDigits[(group >> (18 - 6 * j)) & 63] : '=');
  }
  json_.push_back('"');
}

void JsonWriter::number(std::int64_t value) {
  separate();
  json_ += std::to_string(value);
}

void JsonWriter::number(double value) {
  separate();
  json_ += fmt::format("{}", value);
}

void JsonWriter::boolean(bool value) {
  separate();
  json_ += value ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  json_ += "null";
}

}  // namespace leat::wire
