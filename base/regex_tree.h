// The tree that a regular expression is read into, before regex.cc lays it out as an automaton.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/regex.h"

namespace leat {

enum class RegexNodeKind { kEmpty, kBytes, kAssertion, kSequence, kChoice, kRepeat };
struct RegexNode {
  RegexNodeKind kind = RegexNodeKind::kEmpty;
  Regex::ByteSet bytes = {};
  Regex::StepKind assertion = Regex::StepKind::kMatch;
  int least = 0;
  std::optional<int> most = {};
  std::vector<std::unique_ptr<RegexNode>> children = {};
};
using RegexNodePtr = std::unique_ptr<RegexNode>;

/// kInvalidArgument with the reason, in RE2's words.
Result<RegexNodePtr> parse_regex(std::string_view pattern);

}  // namespace leat
