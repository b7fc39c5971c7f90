// Regex: a regular expression in the syntax of RE2, which Kafka's broker takes: what needs more than one walk over the
// text - looking around, back references - is refused. A match takes time in proportion to the text and the expression,
// whatever a client sends.
//
//   LEAT_ASSIGN_OR_RETURN(const Regex regex, Regex::compile("orders-.*"));
//   regex.matches("orders-eu")                                   // the whole text
//
// Taken: literals, ., [classes] with ranges, negation and [:names:], \d \w \s and their opposites, \Q..\E, \xHH, \t and
// the like, groups (named and not), flags (?i) and their scopes, |, * + ? {n,m} greedy or not, ^ $ \A \z \b \B. Bytes
// count, not characters: names of topics are ASCII.
#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace leat {

class Regex {
 public:
  /// kInvalidArgument with the reason, in RE2's words, where it is no such expression.
  static Result<Regex> compile(std::string_view pattern);
  bool matches(std::string_view text) const;

  using ByteSet = std::bitset<256>;
  enum class StepKind : std::uint8_t { kBytes, kSplit, kBegin, kEnd, kBoundary, kNoBoundary, kMatch };
  /// A step of the automaton. Splits go both ways, the others to `next`.
  struct Step {
    StepKind kind = StepKind::kMatch;
    std::uint32_t next = 0;
    std::uint32_t other = 0;
    ByteSet bytes = {};
  };

 private:
  explicit Regex(std::vector<Step> steps, std::uint32_t start) : steps_(std::move(steps)), start_(start) {}

  std::vector<Step> steps_;
  std::uint32_t start_;
};

}  // namespace leat
