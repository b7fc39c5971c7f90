#include "base/jaas.h"

#include <cctype>

namespace leat {

namespace {

bool ends_word(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0 || c == ';'; }

}  // namespace

Result<std::map<std::string, std::string>> parse_jaas(const std::string& text) {
  std::map<std::string, std::string> options;
  for (std::size_t at = 0; at < text.size();) {
    if (ends_word(text[at])) {
      ++at;
      continue;
    }
    std::string word;
    bool quoted = false;
    for (; at < text.size() && (quoted || !ends_word(text[at])); ++at) {
      if (text[at] == '"') {
        quoted = !quoted;
      } else {
        if (quoted && text[at] == '\\' && at + 1 < text.size()) ++at;
        word += text[at];
      }
    }
    if (quoted) return Error{ErrorKind::kInvalidArgument, "a quote is not closed"};
    if (const std::size_t equals = word.find('='); equals != std::string::npos)
      options[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return options;
}

}  // namespace leat
