// docs/guide/settings.md lists the settings of an app: each row must be true.
#include <gmock/gmock.h>
#include <leat/streams.h>

#include "tests/docs/pages.h"

namespace leat::docs {
namespace {

TEST(Settings, OnThePageAreThoseOfTheCode) {
  std::map<std::string, std::string> rows;
  for (const StreamsConfig::Entry& entry : StreamsConfig().entries()) {
    const std::string name(entry.name);
    rows[name] = "| `" + name + "` | " + (entry.value.empty() ? "" : "`" + entry.value + "` ") + "| " +
                 std::string(entry.meaning) + " |";
  }
  std::size_t found = 0;
  for (const Page& page : pages_of_the_tree()) {
    if (page.path != "docs/guide/settings.md") continue;
    for (const std::string& line : page.lines) {
      if (!line.starts_with("| `") || line.find("NAME` |") != std::string::npos) continue;
      const std::string name = line.substr(3, line.find('`', 3) - 3);
      ++found;
      EXPECT_TRUE(rows.contains(name)) << name << " is no setting";
      EXPECT_EQ(line, rows[name]);
    }
  }
  EXPECT_GT(found, 30u);
}

}  // namespace
}  // namespace leat::docs
