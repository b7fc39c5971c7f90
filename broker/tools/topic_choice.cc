#include "broker/tools/topic_choice.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/options.h"

namespace leat::tools {

Result<TopicPattern> TopicPattern::parse(std::string_view text) {
  std::string expression(trimmed(text));
  std::replace(expression.begin(), expression.end(), ',', '|');
  std::erase(expression, ' ');
  while (!expression.empty() && (expression.front() == '"' || expression.front() == '\'')) expression.erase(0, 1);
  while (!expression.empty() && (expression.back() == '"' || expression.back() == '\'')) expression.pop_back();
  auto compiled = Regex::compile(expression);
  if (!compiled)
    return Error{ErrorKind::kInvalidArgument,
                 fmt::format("{} is an invalid regex: {}", expression, compiled.error().message)};
  return TopicPattern(std::move(*compiled));
}

Result<std::vector<std::string>> all_topics(Session& session, bool internal_ones) {
  LEAT_ASSIGN_OR_RETURN(const auto known, session.metadata(std::nullopt));
  std::vector<std::string> names;
  for (const auto& topic : known.topics) {
    const std::string name = topic.name.value_or("");
    if (internal_ones || !(topic.is_internal || is_internal_topic(name))) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace leat::tools
