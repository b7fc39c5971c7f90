// JSON Lines files, plain or zstd, and comparison of JSON values.
#pragma once

#include <simdjson.h>

#include <functional>
#include <string>

namespace leat::conformance {

/// Calls `each` for every line of PATH or PATH.zst; returns false where neither can be read.
bool for_each_line(const std::string& path, const std::function<void(simdjson::dom::element)>& each);

/// Where two values first differ, as path and both values; empty where they are equal. Objects are compared by keys,
/// numbers by value.
std::string first_difference(simdjson::dom::element expected, simdjson::dom::element actual);

/// The bytes of lower-case hex.
std::string from_hex(std::string_view hex);

}  // namespace leat::conformance
