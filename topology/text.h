// Small helpers for text in examples and word counts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat::text {

/// The words of `line` in lower case: runs of ASCII letters, digits, '_' and non-ASCII bytes.
std::vector<std::string> words(std::string_view line);

}  // namespace leat::text
