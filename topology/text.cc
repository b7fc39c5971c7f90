#include "topology/text.h"

namespace leat::text {

std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> found;
  std::string word;
  for (const char c : line) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool part = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
    if (part) {
      word.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
    } else if (!word.empty()) {
      found.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) found.push_back(std::move(word));
  return found;
}

}  // namespace leat::text
