// A tree is laid out as an automaton, which is in all the states it can be in at once (Thompson's construction).
#include "base/regex.h"

#include <algorithm>

#include "base/regex_tree.h"

namespace leat {

namespace {

using Node = RegexNode;
using NodeKind = RegexNodeKind;
using Step = Regex::Step;
using StepKind = Regex::StepKind;

constexpr std::size_t kStepsMax = 4'000;

/// What \b looks at.
bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// Lays a tree out from its end to its beginning.
class Layout {
 public:
  /// The step that the tree begins with, when `next` is what comes behind it.
  std::uint32_t lay(const Node& node, std::uint32_t next) {
    switch (node.kind) {
      case NodeKind::kEmpty: return next;
      case NodeKind::kBytes: return add({StepKind::kBytes, next, 0, node.bytes});
      case NodeKind::kAssertion: return add({node.assertion, next});
      case NodeKind::kSequence:
        for (auto each = node.children.rbegin(); each != node.children.rend(); ++each) next = lay(**each, next);
        return next;
      case NodeKind::kChoice: {
        std::uint32_t begin = lay(*node.children.back(), next);
        for (auto each = std::next(node.children.rbegin()); each != node.children.rend(); ++each)
          begin = add({StepKind::kSplit, lay(**each, next), begin});
        return begin;
      }
      case NodeKind::kRepeat: return lay_repeat(node, next);
    }
    return next;
  }
  std::uint32_t add(Step step) {
    if (steps.size() >= kStepsMax) {
      too_large = true;
      return 0;
    }
    steps.push_back(step);
    return static_cast<std::uint32_t>(steps.size() - 1);
  }

  std::vector<Step> steps;
  bool too_large = false;

 private:
  std::uint32_t lay_repeat(const Node& node, std::uint32_t next) {
    const Node& inner = *node.children.front();
    if (node.most) {
      const std::uint32_t behind = next;
      for (int i = node.least; i < *node.most && !too_large; ++i)
        next = add({StepKind::kSplit, lay(inner, next), behind});
    } else {
      const std::uint32_t loop = add({StepKind::kSplit, 0, next});
      const std::uint32_t begin = lay(inner, loop);
      if (!too_large) steps[loop].next = begin;
      next = loop;
    }
    for (int i = 0; i < node.least && !too_large; ++i) next = lay(inner, next);
    return next;
  }
};

}  // namespace

Result<Regex> Regex::compile(std::string_view pattern) {
  LEAT_ASSIGN_OR_RETURN(const RegexNodePtr tree, parse_regex(pattern));
  Layout layout;
  const std::uint32_t match = layout.add({StepKind::kMatch});
  const std::uint32_t start = layout.lay(*tree, match);
  if (layout.too_large) return Error{ErrorKind::kInvalidArgument, "expression too large"};
  return Regex(std::move(layout.steps), start);
}

bool Regex::matches(std::string_view text) const {
  std::vector<std::uint32_t> now, soon, open;
  std::vector<bool> reached(steps_.size());
  bool matched = false;
  const auto word_at = [&](std::size_t i) { return i < text.size() && is_word(text[i]); };
  // Goes through whatever takes no byte.
  const auto enter = [&](std::uint32_t first, std::size_t position) {
    open.push_back(first);
    while (!open.empty()) {
      const std::uint32_t at = open.back();
      open.pop_back();
      if (reached[at]) continue;
      reached[at] = true;
      const Step& step = steps_[at];
      const bool boundary = word_at(position) != (position > 0 && word_at(position - 1));
      switch (step.kind) {
        case StepKind::kBytes: soon.push_back(at); break;
        case StepKind::kMatch: matched = true; break;
        case StepKind::kSplit:
          open.push_back(step.other);
          open.push_back(step.next);
          break;
        case StepKind::kBegin:
          if (position == 0) open.push_back(step.next);
          break;
        case StepKind::kEnd:
          if (position == text.size()) open.push_back(step.next);
          break;
        case StepKind::kBoundary:
          if (boundary) open.push_back(step.next);
          break;
        case StepKind::kNoBoundary:
          if (!boundary) open.push_back(step.next);
          break;
      }
    }
  };
  enter(start_, 0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (soon.empty()) return false;
    now.swap(soon);
    soon.clear();
    std::fill(reached.begin(), reached.end(), false);
    matched = false;
    for (const std::uint32_t at : now)
      if (steps_[at].bytes[static_cast<unsigned char>(text[i])]) enter(steps_[at].next, i + 1);
  }
  return matched;
}

}  // namespace leat
