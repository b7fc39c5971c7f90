#include "broker/tools/json.h"

#include <fmt/format.h>

#include <optional>

#include "broker/tools/options.h"

namespace leat::tools {

/// Reads a document from front to back.
class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : text_(text) {}

  Result<Json> document() {
    LEAT_ASSIGN_OR_RETURN(Json value, read(0));
    skip_blanks();
    if (at_ < text_.size()) return wrong("something follows the value");
    return value;
  }

 private:
  static constexpr int kDepthMax = 64;

  Error wrong(std::string_view what) const {
    return {ErrorKind::kInvalidArgument, fmt::format("The text is not valid JSON: {} at character {}", what, at_ + 1)};
  }
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(char expected) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Result<Json> read(int depth) {
    if (depth > kDepthMax) return wrong("values lie too deep in each other");
    skip_blanks();
    if (at_ >= text_.size()) return wrong("a value is missing");
    Json value;
    if (take('{')) {
      LEAT_ASSIGN_OR_RETURN(value.value_, object(depth));
    } else if (take('[')) {
      LEAT_ASSIGN_OR_RETURN(value.value_, array(depth));
    } else if (text_[at_] == '"') {
      LEAT_ASSIGN_OR_RETURN(value.value_, string());
    } else if (take_word("true")) {
      value.value_ = true;
    } else if (take_word("false")) {
      value.value_ = false;
    } else if (!take_word("null")) {
      Json::Number number;
      while (at_ < text_.size() && std::string_view("+-.eE0123456789").find(text_[at_]) != std::string_view::npos)
        number.digits.push_back(text_[at_++]);
      if (number.digits.empty()) return wrong("no value begins");
      value.value_ = std::move(number);
    }
    return value;
  }

  Result<Json::Object> object(int depth) {
    Json::Object members;
    if (take('}')) return members;
    do {
      skip_blanks();
      LEAT_ASSIGN_OR_RETURN(std::string name, string());
      if (!take(':')) return wrong("a ':' is missing");
      LEAT_ASSIGN_OR_RETURN(members[std::move(name)], read(depth + 1));
    } while (take(','));
    if (!take('}')) return wrong("a '}' is missing");
    return members;
  }

  Result<Json::Array> array(int depth) {
    Json::Array items;
    if (take(']')) return items;
    do {
      LEAT_ASSIGN_OR_RETURN(Json item, read(depth + 1));
      items.push_back(std::move(item));
    } while (take(','));
    if (!take(']')) return wrong("a ']' is missing");
    return items;
  }

  Result<std::string> string() {
    if (!take('"')) return wrong("a string is missing");
    std::string text;
    while (at_ < text_.size() && text_[at_] != '"') {
      char each = text_[at_++];
      if (each == '\\' && at_ < text_.size()) {
        constexpr std::string_view kNames = "\"\\/bfnrt";
        constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        const std::size_t escape = kNames.find(text_[at_]);
        if (escape == std::string_view::npos) return wrong("an escape is not known");
        each = kMeanings[escape];
        ++at_;
      }
      text.push_back(each);
    }
    if (at_ >= text_.size()) return wrong("a '\"' is missing");
    ++at_;
    return text;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<Json> Json::parse(std::string_view text) { return JsonParser(text).document(); }

const Json* Json::find(std::string_view name) const {
  const Object* object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  const auto found = object->find(name);
  return found == object->end() ? nullptr : &found->second;
}

Result<std::int64_t> Json::whole_number(std::string_view what) const {
  if (const Number* number = std::get_if<Number>(&value_))
    if (const auto whole = parse_whole_number(number->digits)) return *whole;
  return Error{ErrorKind::kInvalidArgument, fmt::format("\"{}\" must be a whole number", what)};
}

}  // namespace leat::tools
