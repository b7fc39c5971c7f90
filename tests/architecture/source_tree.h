// The sources of this checkout, as the architecture tests read them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace leat::architecture {

struct Source {
  std::string path;  ///< from the root of the repository
  std::vector<std::string> lines;

  bool is_header() const { return path.ends_with(".h"); }
  std::string folder() const { return path.substr(0, path.rfind('/')); }
  bool in(std::string_view room) const { return path.starts_with(std::string(room) + "/"); }
};

/// All .h and .cc files below `folders`, sorted.
inline std::vector<Source> sources_in(const std::vector<std::string>& folders) {
  const std::filesystem::path root = LEAT_SOURCE_DIR;
  std::vector<Source> sources;
  for (const std::string& folder : folders) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cc") continue;
      Source source{std::filesystem::relative(entry.path(), root).string(), {}};
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) source.lines.push_back(line);
      sources.push_back(std::move(source));
    }
  }
  std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
  return sources;
}

inline std::vector<Source> product_sources() {
  return sources_in({"base", "broker", "schemas", "state", "topology", "streams"});
}

/// What a line includes: the path between quotes or angle brackets, or nothing.
inline std::string included(const std::string& line) {
  if (!line.starts_with("#include ")) return {};
  const std::size_t begin = line.find_first_of("<\"");
  const std::size_t end = line.find_last_of(">\"");
  return begin < end ? line.substr(begin + 1, end - begin - 1) : std::string{};
}

}  // namespace leat::architecture
