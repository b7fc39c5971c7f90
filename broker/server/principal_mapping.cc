#include "broker/server/principal_mapping.h"

#include <algorithm>
#include <cctype>
#include <regex>

namespace leat::server {

namespace {

/// std::regex recurses by the length of what it looks at.
constexpr std::size_t kSubjectBytesMax = 2000;

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

/// Up to the next / that no backslash stands before; moves `at` behind it.
std::optional<std::string> up_to_slash(const std::string& text, std::size_t& at) {
  std::string part;
  for (; at < text.size(); ++at) {
    if (text[at] == '/') return ++at, part;
    if (text[at] == '\\' && at + 1 < text.size()) {
      if (text[at + 1] != '/') part += text[at];
      ++at;
    }
    part += text[at];
  }
  return std::nullopt;
}

}  // namespace

struct PrincipalMapping::Rule {
  bool takes_all = false;
  std::regex pattern;
  std::string replacement;
  char letters = 0;  ///< L, U, or 0
};

Result<PrincipalMapping> PrincipalMapping::parse(const std::string& rules) {
  constexpr std::string_view kDefault = "DEFAULT";
  constexpr std::string_view kRule = "RULE:";
  PrincipalMapping mapping;
  for (std::size_t at = 0; at < rules.size();) {
    if (rules[at] == ',' || std::isspace(static_cast<unsigned char>(rules[at]))) {
      ++at;
      continue;
    }
    auto rule = std::make_shared<Rule>();
    if (rules.compare(at, kDefault.size(), kDefault) == 0) {
      rule->takes_all = true;
      at += kDefault.size();
    } else if (rules.compare(at, kRule.size(), kRule) == 0) {
      const std::string rest = rules.substr(at);
      at += kRule.size();
      const auto pattern = up_to_slash(rules, at);
      const auto replacement = pattern ? up_to_slash(rules, at) : std::nullopt;
      if (!replacement) return invalid("'" + rest + "' is not RULE:pattern/replacement/[LU]");
      try {
        rule->pattern = std::regex(*pattern);
      } catch (const std::regex_error& error) {
        return invalid("'" + *pattern + "' is no regular expression: " + error.what());
      }
      rule->replacement = *replacement;
      if (at < rules.size() && (rules[at] == 'L' || rules[at] == 'U')) rule->letters = rules[at++];
    } else {
      return invalid("'" + rules.substr(at) + "' is neither DEFAULT nor RULE:pattern/replacement/[LU]");
    }
    mapping.rules_.push_back(std::move(rule));
  }
  return mapping;
}

std::optional<std::string> PrincipalMapping::user_of(const std::string& subject) const {
  if (rules_.empty()) return subject;
  for (const auto& rule : rules_) {
    if (rule->takes_all) return subject;
    std::smatch found;
    if (subject.size() > kSubjectBytesMax || !std::regex_match(subject, found, rule->pattern)) continue;
    std::string user = found.format(rule->replacement);
    if (rule->letters != 0)
      std::transform(user.begin(), user.end(), user.begin(), [&](unsigned char c) {
        return static_cast<char>(rule->letters == 'L' ? std::tolower(c) : std::toupper(c));
      });
    return user;
  }
  return std::nullopt;
}

}  // namespace leat::server
