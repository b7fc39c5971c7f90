// Which topics a tool means: all of them, or those that a pattern of Kafka's tools matches.
#pragma once

#include <memory>
#include <regex>
#include <string>
#include <vector>

#include "broker/tools/session.h"

namespace leat::tools {

/// A regular expression for whole names of topics; a comma stands for `|`, quotes and blanks around it fall away.
class TopicPattern {
 public:
  /// kInvalidArgument for what is no regular expression.
  static Result<TopicPattern> parse(std::string_view text);
  bool matches(const std::string& topic) const { return std::regex_match(topic, expression_); }

 private:
  std::regex expression_;
};

/// Names of all topics, sorted.
Result<std::vector<std::string>> all_topics(Session& session, bool internal_ones);

}  // namespace leat::tools
