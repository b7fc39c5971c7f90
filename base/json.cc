#include "base/json.h"

#include <charconv>
#include <cmath>

namespace leat {

namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

void append_utf8(std::uint32_t code, std::string& out) {
  const auto push = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xc0 | code >> 6);
    push(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    push(0xe0 | code >> 12);
    push(0x80 | (code >> 6 & 0x3f));
    push(0x80 | (code & 0x3f));
  } else {
    push(0xf0 | code >> 18);
    push(0x80 | (code >> 12 & 0x3f));
    push(0x80 | (code >> 6 & 0x3f));
    push(0x80 | (code & 0x3f));
  }
}

constexpr bool is_high_surrogate(std::uint32_t code) { return code >= 0xd800 && code < 0xdc00; }
constexpr bool is_low_surrogate(std::uint32_t code) { return code >= 0xdc00 && code < 0xe000; }

}  // namespace

bool JsonReader::fail(std::string_view problem) {
  if (ok()) error_ = std::string(problem) + " (at byte " + std::to_string(at_) + ")";
  return false;
}

void JsonReader::in(std::string_view place) {
  if (!ok()) error_ = std::string(place) + (error_.starts_with('[') ? "" : " ") + error_;
}

Status JsonReader::finish() {
  if (ok() && peek() != 0) fail("there is more behind the end");
  if (ok() && at_ < text_.size()) fail("there is more behind the end");
  if (ok()) return {};
  return Error{ErrorKind::kCorrupt, "this is not the JSON that is wanted: " + error_};
}

/// The next character that is no white space; 0 at the end.
char JsonReader::peek() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonReader::take(char wanted) {
  if (peek() != wanted || at_ >= text_.size()) return false;
  ++at_;
  return true;
}

bool JsonReader::begin(char bracket, std::string_view wanted) {
  if (!ok()) return false;
  if (!take(bracket)) return fail("is not " + std::string(wanted));
  if (++depth_ > kDepthMax) return fail("lies too deep");
  first_ = true;
  return true;
}

/// Whether there is one more, in front of which the reader then stands.
bool JsonReader::next(char bracket) {
  if (!ok()) return false;
  const bool first = std::exchange(first_, false);
  if (take(bracket)) {
    --depth_;
    return false;
  }
  if (!first && !take(',')) return fail("has no comma where one is due");
  return true;
}

bool JsonReader::next_member(std::string_view& name) {
  if (!next('}')) return false;
  if (!read_text(name_)) return fail("has a member without a name");
  if (!take(':')) return fail("has a member without a value");
  name = name_;
  return true;
}

bool JsonReader::read(std::string& value) { return ok() && (read_text(value) || fail("is not text")); }

/// False where there is no text; an error where it is malformed.
bool JsonReader::read_text(std::string& value) {
  value.clear();
  if (!take('"')) return false;
  for (;;) {
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20) {
      ++at_;
    }
    value.append(text_.substr(from, at_ - from));
    if (at_ >= text_.size()) return fail("ends within a text");
    const char c = text_[at_++];
    if (c == '"') return true;
    if (c != '\\') return fail("has a control character within a text");
    if (!read_escape(value)) return fail("has a wrong escape");
  }
}

bool JsonReader::read_escape(std::string& value) {
  if (at_ >= text_.size()) return false;
  switch (text_[at_++]) {
    case '"': value.push_back('"'); return true;
    case '\\': value.push_back('\\'); return true;
    case '/': value.push_back('/'); return true;
    case 'b': value.push_back('\b'); return true;
    case 'f': value.push_back('\f'); return true;
    case 'n': value.push_back('\n'); return true;
    case 'r': value.push_back('\r'); return true;
    case 't': value.push_back('\t'); return true;
    case 'u': break;
    default: return false;
  }
  std::uint32_t code = 0, low = 0;
  if (!read_hex(code) || is_low_surrogate(code)) return false;
  if (is_high_surrogate(code)) {
    if (text_.substr(at_, 2) != "\\u") return false;
    at_ += 2;
    if (!read_hex(low) || !is_low_surrogate(low)) return false;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  append_utf8(code, value);
  return true;
}

bool JsonReader::read_hex(std::uint32_t& code) {
  if (text_.size() - at_ < 4) return false;
  const char* const from = text_.data() + at_;
  const auto [end, error] = std::from_chars(from, from + 4, code, 16);
  if (error != std::errc{} || end != from + 4) return false;
  at_ += 4;
  return true;
}

bool JsonReader::read(bool& value) {
  if (!ok()) return false;
  peek();
  value = text_.substr(at_, 4) == "true";
  if (!value && text_.substr(at_, 5) != "false") return fail("is neither true nor false");
  at_ += value ? 4 : 5;
  return true;
}

bool JsonReader::take_null() {
  if (!ok() || peek() != 'n' || text_.substr(at_, 4) != "null") return false;
  at_ += 4;
  return true;
}

/// The characters of a number by JSON's grammar: -? (0 | 1-9 0-9*) (. 0-9+)? ([eE] [+-]? 0-9+)?
std::string_view JsonReader::number() {
  peek();
  std::size_t end = at_;
  const auto at = [&](std::size_t i) { return i < text_.size() ? text_[i] : '\0'; };
  const auto digits = [&] {
    const std::size_t from = end;
    while (at(end) >= '0' && at(end) <= '9') ++end;
    return end > from;
  };
  if (at(end) == '-') ++end;
  const bool zero = at(end) == '0';
  const std::size_t whole = end;
  if (!digits() || (zero && end > whole + 1)) return {};
  if (at(end) == '.') {
    ++end;
    if (!digits()) return {};
  }
  if (at(end) == 'e' || at(end) == 'E') {
    ++end;
    if (at(end) == '+' || at(end) == '-') ++end;
    if (!digits()) return {};
  }
  return text_.substr(at_, end - at_);
}

bool JsonReader::read(double& value) {
  if (!ok()) return false;
  const std::string_view text = number();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return fail("is not a number");
  at_ += text.size();
  return true;
}

bool JsonReader::read(std::int64_t& value, std::int64_t least, std::int64_t most) {
  if (!ok()) return false;
  const std::string_view text = number();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    return fail("is not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  at_ += text.size();
  return true;
}

bool JsonReader::read(std::uint64_t& value, std::uint64_t most) {
  if (!ok()) return false;
  const std::string_view text = number();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > most) {
    return fail("is not a whole number from 0 to " + std::to_string(most));
  }
  at_ += text.size();
  return true;
}

bool JsonReader::skip() {
  if (!ok()) return false;
  std::string_view name;
  std::string text;
  bool truth = false;
  switch (peek()) {
    case '{':
      if (!begin_object()) return false;
      while (next_member(name))
        if (!skip()) return false;
      return ok();
    case '[':
      if (!begin_array()) return false;
      while (next_item())
        if (!skip()) return false;
      return ok();
    case '"': return read(text);
    case 't':
    case 'f': return read(truth);
    case 'n': return take_null() || fail("is no value");
    default: break;
  }
  const std::string_view digits = number();
  if (digits.empty()) return fail("is no value");
  at_ += digits.size();
  return true;
}

namespace detail {

void append_json(std::string_view text, Bytes& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(from, i - from));
    from = i + 1;
    out.push_back('\\');
    switch (c) {
      case '"': out.push_back('"'); break;
      case '\\': out.push_back('\\'); break;
      case '\n': out.push_back('n'); break;
      case '\r': out.push_back('r'); break;
      case '\t': out.push_back('t'); break;
      default:
        out.append("u00");
        out.push_back(kHex[c >> 4]);
        out.push_back(kHex[c & 15]);
    }
  }
  out.append(text.substr(from));
  out.push_back('"');
}

namespace {
template <class Number>
void append_number(Number value, Bytes& out) {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, static_cast<std::size_t>(end - digits));
}
}  // namespace

void append_json_number(std::int64_t value, Bytes& out) { append_number(value, out); }
void append_json_number(std::uint64_t value, Bytes& out) { append_number(value, out); }
void append_json_number(double value, Bytes& out) {
  std::isfinite(value) ? append_number(value, out) : (void)out.append("null");
}

}  // namespace detail
}  // namespace leat
