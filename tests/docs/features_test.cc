// docs/features.md says what works, and by what that is shown: what it names must exist.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/docs/pages.h"

namespace leat::docs {
namespace {

using testing::Contains;

constexpr const char* kStates[] = {"works", "differs", "not yet", "not meant"};

struct Row {
  std::string id, state, shown;
};

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found;
  for (std::size_t from = 1, to; (to = line.find('|', from)) != std::string::npos; from = to + 1) {
    std::string cell = line.substr(from, to - from);
    cell.erase(0, cell.find_first_not_of(' '));
    cell.erase(cell.find_last_not_of(' ') + 1);
    found.push_back(std::move(cell));
  }
  return found;
}

std::vector<Row> rows_of(const Page& page) {
  static const std::regex id("[A-Z]+-[0-9]+");
  std::vector<Row> rows;
  for (const std::string& line : page.lines) {
    if (!line.starts_with("| ")) continue;
    const auto row = cells(line);
    if (row.size() == 4 && std::regex_match(row[0], id)) rows.push_back({row[0], row[2], row[3]});
  }
  return rows;
}

/// What a row is shown by: names of topologies, descriptions, tests and serde vectors.
std::vector<std::string> proofs_of(const Row& row) {
  static const std::regex named("`([A-Z][0-9][0-9]|[A-Za-z]+\\.[A-Z][A-Za-z0-9]+)`");
  static const std::regex serde("serde vectors `([a-z-]+)`");
  std::vector<std::string> proofs;
  for (const auto& pattern : {named, serde})
    for (std::sregex_iterator found(row.shown.begin(), row.shown.end(), pattern), end; found != end; ++found)
      proofs.push_back((*found)[1]);
  return proofs;
}

const Page& page() {
  static const Page features = [] {
    for (Page& each : pages_of_the_tree())
      if (each.path == "docs/features.md") return each;
    return Page();
  }();
  return features;
}

TEST(Features, HaveAStateAndAReason) {
  const auto rows = rows_of(page());
  ASSERT_FALSE(rows.empty());
  std::set<std::string> ids;
  for (const Row& row : rows) {
    EXPECT_TRUE(ids.insert(row.id).second) << row.id << " is there twice";
    EXPECT_THAT(kStates, Contains(row.state)) << row.id;
    EXPECT_TRUE(row.state != "works" || !proofs_of(row).empty()) << row.id << " works, says the page; what shows it?";
    EXPECT_TRUE(row.state == "works" || row.state == "not yet" || !row.shown.empty()) << row.id << ": why?";
  }
}

TEST(Features, AreShownByWhatExists) {
  const std::set<std::string> existing = proofs_of_the_tree();
  for (const Row& row : rows_of(page()))
    for (const std::string& proof : proofs_of(row)) EXPECT_TRUE(existing.contains(proof)) << row.id << ": " << proof;
}

}  // namespace
}  // namespace leat::docs
