// Which topics a tool means: all of them, or those that a pattern of Kafka's tools matches.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/regex.h"
#include "broker/tools/session.h"

namespace leat::tools {

/// A regular expression for whole names of topics; a comma stands for `|`, quotes and blanks around it fall away.
class TopicPattern {
 public:
  /// kInvalidArgument for what is no regular expression.
  static Result<TopicPattern> parse(std::string_view text);
  /// Matches nothing until one is parsed.
  TopicPattern() = default;
  bool matches(std::string_view topic) const { return expression_ && expression_->matches(topic); }

 private:
  explicit TopicPattern(Regex expression) : expression_(std::move(expression)) {}
  std::optional<Regex> expression_;
};

/// Names of all topics, sorted.
Result<std::vector<std::string>> all_topics(Session& session, bool internal_ones);

}  // namespace leat::tools
