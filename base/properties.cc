#include "base/properties.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace leat {

namespace {

constexpr std::string_view kBlank = " \t\f";

/// A natural line, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find_first_of("\r\n");
  const std::string_view line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
  } else {
    const bool both = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
    text.remove_prefix(end + (both ? 2 : 1));
  }
  return line;
}

std::string_view without_indentation(std::string_view line) {
  const std::size_t at = line.find_first_not_of(kBlank);
  return at == std::string_view::npos ? std::string_view{} : line.substr(at);
}

bool continues(std::string_view line) {
  std::size_t backslashes = 0;
  while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

std::optional<std::uint32_t> four_hex_digits(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t unit = 0;
  for (char c : text.substr(0, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      unit = unit * 16 + static_cast<std::uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      unit = unit * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return unit;
}

void append_utf8(std::string& to, std::uint32_t point) {
  if (point < 0x80) {
    to += static_cast<char>(point);
  } else if (point < 0x800) {
    to += static_cast<char>(0xc0 | (point >> 6));
    to += static_cast<char>(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    to += static_cast<char>(0xe0 | (point >> 12));
    to += static_cast<char>(0x80 | ((point >> 6) & 0x3f));
    to += static_cast<char>(0x80 | (point & 0x3f));
  } else {
    to += static_cast<char>(0xf0 | (point >> 18));
    to += static_cast<char>(0x80 | ((point >> 12) & 0x3f));
    to += static_cast<char>(0x80 | ((point >> 6) & 0x3f));
    to += static_cast<char>(0x80 | (point & 0x3f));
  }
}

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

/// `rest` stands behind "\u"; takes the four digits, and a second escape where the two are a surrogate pair.
bool take_unicode(std::string_view& rest, std::string& to) {
  const auto unit = four_hex_digits(rest);
  if (!unit) return false;
  rest.remove_prefix(4);
  std::uint32_t point = *unit;
  if (is_high_surrogate(point) && rest.starts_with("\\u")) {
    const auto low = four_hex_digits(rest.substr(2));
    if (low && is_low_surrogate(*low)) {
      point = 0x10000 + ((point - 0xd800) << 10) + (*low - 0xdc00);
      rest.remove_prefix(6);
    }
  }
  append_utf8(to, point);
  return true;
}

Result<std::string> unescaped(std::string_view text, int line) {
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '\\' || text.empty()) {
      if (c != '\\') plain += c;
      continue;
    }
    const char escaped = text.front();
    text.remove_prefix(1);
    switch (escaped) {
      case 't': plain += '\t'; break;
      case 'n': plain += '\n'; break;
      case 'r': plain += '\r'; break;
      case 'f': plain += '\f'; break;
      case 'u':
        if (!take_unicode(text, plain)) {
          return Error{ErrorKind::kInvalidArgument,
                       fmt::format("line {}: \\u needs four hex digits (write \\\\u for a backslash and a u)", line)};
        }
        break;
      default: plain += escaped;
    }
  }
  return plain;
}

/// The end of the key: the first separator that no backslash protects.
std::size_t key_length(std::string_view line) {
  std::size_t at = 0;
  for (; at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
    } else if (line[at] == '=' || line[at] == ':' || kBlank.find(line[at]) != std::string_view::npos) {
      break;
    }
  }
  return at < line.size() ? at : line.size();
}

}  // namespace

Result<std::vector<Property>> parse_properties(std::string_view text) {
  std::vector<Property> properties;
  int line_number = 0;
  while (!text.empty()) {
    std::string line(without_indentation(take_line(text)));
    const int first_line = ++line_number;
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    while (continues(line)) {
      line.pop_back();
      if (text.empty()) break;
      line += without_indentation(take_line(text));
      ++line_number;
    }
    const std::size_t length = key_length(line);
    std::string_view value = without_indentation(std::string_view(line).substr(length));
    if (!value.empty() && (value.front() == '=' || value.front() == ':')) value = without_indentation(value.substr(1));
    Property property;
    property.line = first_line;
    LEAT_ASSIGN_OR_RETURN(property.key, unescaped(std::string_view(line).substr(0, length), first_line));
    LEAT_ASSIGN_OR_RETURN(property.value, unescaped(value, first_line));
    properties.push_back(std::move(property));
  }
  return properties;
}

}  // namespace leat
