// Json: a small JSON document, for the files that people hand to the tools.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace leat::tools {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  /// One value, and nothing behind it; kInvalidArgument with the place where it goes wrong.
  static Result<Json> parse(std::string_view text);

  /// The member of an object, or null where this is none or has none.
  const Json* find(std::string_view name) const;
  const Array* array() const { return std::get_if<Array>(&value_); }
  const std::string* text() const { return std::get_if<std::string>(&value_); }
  /// A whole number; kInvalidArgument, naming `what`, where this is none.
  Result<std::int64_t> whole_number(std::string_view what) const;

 private:
  friend class JsonParser;
  struct Number {
    std::string digits;
  };
  std::variant<std::nullptr_t, bool, Number, std::string, Array, Object> value_ = nullptr;
};

}  // namespace leat::tools
