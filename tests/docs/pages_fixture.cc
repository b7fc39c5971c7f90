#include "tests/docs/pages.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

namespace leat::docs {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBegin = "// [snippet: ", kEnd = "// [end]", kPageMark = "<!-- snippet: ";

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string without_indentation(std::vector<std::string> lines) {
  std::size_t shared = std::string::npos;
  for (const std::string& line : lines)
    if (!line.empty()) shared = std::min(shared, line.find_first_not_of(' '));
  std::string text;
  for (const std::string& line : lines) text += (line.empty() ? line : line.substr(shared)) + '\n';
  return text;
}

/// What stands between `mark` and `end` in a line; empty where it does not begin with the mark.
std::string named(const std::string& line, std::string_view mark, std::string_view end) {
  const std::size_t at = line.find_first_not_of(' ');
  if (at == std::string::npos || line.compare(at, mark.size(), mark) != 0) return {};
  const std::size_t from = at + mark.size();
  return line.substr(from, line.find(end, from) - from);
}

void add(const fs::path& path, std::vector<Page>& pages) {
  const fs::path root = LEAT_SOURCE_DIR;
  pages.push_back({fs::relative(path, root).string(), lines_of(path)});
}

}  // namespace

std::vector<Page> pages_of_the_tree() {
  const fs::path root = LEAT_SOURCE_DIR;
  std::vector<Page> pages;
  add(root / "README.md", pages);
  add(root / "CONTRIBUTING.md", pages);
  add(root / "examples/README.md", pages);
  for (const auto& entry : fs::recursive_directory_iterator(root / "docs"))
    if (entry.path().extension() == ".md") add(entry.path(), pages);
  return pages;
}

std::vector<Snippet> snippets_of(const Page& page) {
  std::vector<Snippet> snippets;
  for (std::size_t i = 0; i < page.lines.size(); ++i) {
    if (page.lines[i] != "```cpp") continue;
    Snippet snippet{i > 0 ? named(page.lines[i - 1], kPageMark, " -->") : "", i + 1, ""};
    while (++i < page.lines.size() && page.lines[i] != "```") snippet.text += page.lines[i] + '\n';
    snippets.push_back(std::move(snippet));
  }
  return snippets;
}

Regions regions_in(const std::vector<std::string>& lines) {
  Regions regions;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string name = named(lines[i], kBegin, "]");
    if (name.empty()) continue;
    std::vector<std::string> region;
    while (++i < lines.size() && lines[i].find(kEnd) == std::string::npos) region.push_back(lines[i]);
    regions[name] += without_indentation(std::move(region));
  }
  return regions;
}

Regions regions_of_the_tree() {
  const fs::path root = LEAT_SOURCE_DIR;
  Regions all;
  for (const char* folder : {"tests/docs", "tests/schemas", "examples"})
    for (const auto& entry : fs::directory_iterator(root / folder))
      if (entry.path().filename() != "snippets_test.cc")
        for (auto& [name, text] : regions_in(lines_of(entry.path()))) all[name] += text;
  return all;
}

std::vector<std::string> problems_of(const Page& page, const Regions& regions) {
  std::vector<std::string> problems;
  for (const Snippet& snippet : snippets_of(page)) {
    const std::string place = page.path + ":" + std::to_string(snippet.line) + ": ";
    const auto region = regions.find(snippet.name);
    if (snippet.name.empty()) {
      problems.push_back(place + "a snippet without a name; put <!-- snippet: NAME --> in front of it");
    } else if (region == regions.end()) {
      problems.push_back(place + "there is no region '" + snippet.name + "' in tests/docs or examples");
    } else if (region->second != snippet.text) {
      problems.push_back(place + "the snippet '" + snippet.name + "' differs from what is compiled, which is:\n" +
                         region->second);
    }
  }
  return problems;
}

std::vector<std::string> dead_links_of(const Page& page) {
  std::vector<std::string> dead;
  const fs::path folder = (fs::path(LEAT_SOURCE_DIR) / page.path).parent_path();
  bool code = false;
  for (const std::string& line : page.lines) {
    if (line.starts_with("```")) code = !code;
    if (code) continue;
    for (std::size_t at = line.find("]("); at != std::string::npos; at = line.find("](", at + 2)) {
      std::string link = line.substr(at + 2, line.find(')', at) - at - 2);
      link = link.substr(0, link.find('#'));
      if (link.empty() || link.find("://") != std::string::npos || link.find('&') != std::string::npos) continue;
      if (!fs::exists(folder / link)) dead.push_back(link);
    }
  }
  return dead;
}

std::set<std::string> proofs_of_the_tree() {
  static const std::regex topology("\"([A-Z][0-9][0-9])_[a-z0-9_]+\""), test("TEST[_FP]*\\((\\w+), (\\w+)\\)");
  const fs::path tests = fs::path(LEAT_SOURCE_DIR) / "tests";
  std::set<std::string> proofs;
  for (const auto& entry : fs::directory_iterator(tests / "data/describe"))
    proofs.insert(entry.path().filename().string().substr(0, 3));
  for (const auto& entry : fs::directory_iterator(tests / "data/streams/serde")) proofs.insert(entry.path().stem());
  for (const auto& entry : fs::recursive_directory_iterator(tests)) {
    const bool defines_topologies = entry.path().parent_path().filename() == "topologies";
    if (entry.path().extension() != ".cc") continue;
    std::smatch found;
    for (const std::string& line : lines_of(entry.path())) {
      if (line.starts_with("TEST") && std::regex_search(line, found, test))
        proofs.insert(found.str(1) + "." + found.str(2));
      if (defines_topologies && std::regex_search(line, found, topology)) proofs.insert(found.str(1));
    }
  }
  return proofs;
}

}  // namespace leat::docs
