// Pages of Markdown and the regions of sources that they show; see snippets_test.cc.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace leat::docs {

struct Page {
  std::string path;  ///< from the root of the repository
  std::vector<std::string> lines;
};

/// README.md, the pages below docs/, and the README.md of examples/.
std::vector<Page> pages_of_the_tree();

struct Snippet {
  std::string name;  ///< empty where the page does not say
  std::size_t line = 0;
  std::string text;
};
/// The C++ fences of a page.
std::vector<Snippet> snippets_of(const Page& page);

/// Marked regions by name, without the indentation that all their lines share. Pieces of one name are joined.
using Regions = std::map<std::string, std::string>;
Regions regions_in(const std::vector<std::string>& lines);
Regions regions_of_the_tree();

/// What is wrong with the snippets of a page.
std::vector<std::string> problems_of(const Page& page, const Regions& regions);
/// Relative links to files that do not exist.
std::vector<std::string> dead_links_of(const Page& page);

/// What a page may name as proof: "T01" for a topology of the vectors, "D01" for a recorded description, "Suite.Test",
/// and the names of the serde vectors.
std::set<std::string> proofs_of_the_tree();

}  // namespace leat::docs
