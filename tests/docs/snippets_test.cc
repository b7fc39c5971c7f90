// What the pages show is what was compiled and run: every C++ snippet of README.md and docs/ is a marked region of a
// source file, and every marked region is shown.
//
// In a page:                          In a source file of tests/docs, tests/schemas or examples:
//   <!-- snippet: stateless -->         // [snippet: stateless]
//   ```cpp                              ...
//   ...                                 // [end]
//   ```
//
// The lines are equal but for the indentation that the region has as a whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/docs/pages.h"

namespace leat::docs {
namespace {

TEST(Snippets, EveryOneIsCompiledAndRunByATest) {
  const Regions regions = regions_of_the_tree();
  for (const Page& page : pages_of_the_tree())
    for (const std::string& problem : problems_of(page, regions)) ADD_FAILURE() << problem;
}

TEST(Snippets, EveryMarkedRegionIsShownOnAPage) {
  std::set<std::string> shown;
  for (const Page& page : pages_of_the_tree())
    for (const Snippet& snippet : snippets_of(page)) shown.insert(snippet.name);
  for (const auto& [name, text] : regions_of_the_tree()) EXPECT_TRUE(shown.contains(name)) << name;
}

TEST(Snippets, ADifferenceIsFound) {
  const Regions regions =
      regions_in({"void f() {", "  // [snippet: sum]", "  int a = 1;", "    a++;", "  // [end]", "}"});
  const auto page = [](std::vector<std::string> lines) { return Page{"page.md", std::move(lines)}; };
  EXPECT_THAT(problems_of(page({"<!-- snippet: sum -->", "```cpp", "int a = 1;", "  a++;", "```"}), regions),
              testing::IsEmpty());
  EXPECT_THAT(problems_of(page({"<!-- snippet: sum -->", "```cpp", "int a = 2;", "  a++;", "```"}), regions),
              testing::ElementsAre(testing::HasSubstr("page.md:2: the snippet 'sum' differs")));
  EXPECT_THAT(problems_of(page({"```cpp", "int a = 1;", "```"}), regions),
              testing::ElementsAre(testing::HasSubstr("page.md:1: a snippet without a name")));
  EXPECT_THAT(problems_of(page({"<!-- snippet: difference -->", "```cpp", "```"}), regions),
              testing::ElementsAre(testing::HasSubstr("no region 'difference'")));
}

TEST(Links, LeadSomewhere) {
  for (const Page& page : pages_of_the_tree())
    for (const std::string& link : dead_links_of(page)) ADD_FAILURE() << page.path << " links to " << link;
}

}  // namespace
}  // namespace leat::docs
