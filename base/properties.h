// The .properties files of Java: one `key=value`, `key: value` or `key value` per line, # and ! for comments, a
// backslash at the end continues the line (its successor's indentation is dropped), escapes \t \n \r \f \\ \uXXXX.
//
//   # server.properties
//   log.dirs = /var/lib/leat
//
// Files are UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace leat {

struct Property {
  std::string key;
  std::string value;
  int line = 0;  ///< where the key stands, counted from 1: for error messages

  bool operator==(const Property&) const = default;
};

/// All properties in the order of the text; where a key comes twice, both are listed and the later one counts.
/// Fails with kInvalidArgument on a \u that is not followed by four hex digits.
Result<std::vector<Property>> parse_properties(std::string_view text);

}  // namespace leat
