#include <gmock/gmock.h>

#include "base/big_endian.h"
#include "tests/examples/app_fixture.h"

namespace leat {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::int64_t kStart = 1'700'000'000'000;

std::string window_key(const std::string& key, std::int64_t start) {
  Bytes bytes = key;
  append_big_endian<std::int64_t>(bytes, start);
  return bytes;
}

std::string count(std::int64_t number) {
  Bytes bytes;
  append_big_endian<std::int64_t>(bytes, number);
  return bytes;
}

TEST_F(App, PipeCopiesEveryRecord) {
  start("pipe", {"pipe-in", "pipe-out"});
  produce("pipe-in", {{"a", "1", kStart}, {"b", "2", kStart}, {"a", "3", kStart}});
  const auto out = read_until("pipe-out", [](const auto& last) { return last.size() == 2 && last.at("a") == "3"; });
  EXPECT_EQ(out.at("b"), "2");
}

TEST_F(App, WordCountCountsPerWindow) {
  start("word_count", {"lines", "word-counts-by-window"});
  produce("lines",
          {{"x", "to be or not to be", kStart}, {"x", "To be!", kStart + 9'999}, {"x", "be", kStart + 10'000}});
  const std::string be_first = window_key("be", kStart), be_second = window_key("be", kStart + 10'000);
  const auto counts = read_until("word-counts-by-window", [&](const auto& last) {
    return last.contains(be_second) && last.contains(be_first) && last.at(be_first) == count(3);
  });
  EXPECT_EQ(counts.at(window_key("to", kStart)), count(3));
  EXPECT_EQ(counts.at(be_second), count(1));
}

TEST_F(App, PageViewsAreCountedInTheRegionOfTheirUser) {
  start("page_views", {"page-views", "user-regions", "views-by-region-window"});
  produce("user-regions", {{"ann", "north", kStart - 1000}});
  // The table must know the user before the view comes.
  query_until("regions --key ann", [](const std::string& answer) { return !answer.empty(); });
  produce("page-views", {{"ann", "/home", kStart}, {"bob", "/home", kStart}, {"ann", "/news", kStart + 1}});
  const std::int64_t window = kStart - kStart % 60'000;
  const auto counts = read_until("views-by-region-window", [&](const auto& last) {
    const auto north = last.find(window_key("north", window));
    return last.size() >= 10 && north != last.end() && north->second == count(2);
  });
  EXPECT_EQ(counts.at(window_key("unknown", window)), count(1));
  EXPECT_EQ(counts.at(window_key("north", window - 240'000)), count(2));
}

TEST_F(App, AnswersQueriesOfItsStores) {
  start("word_count", {"lines", "word-counts-by-window"});
  produce("lines", {{"x", "to be or not to be", kStart}, {"x", "be", kStart + 10'000}});
  const std::string all = query_until(
      "word-counts", [](const std::string& answer) { return std::count(answer.begin(), answer.end(), '\n') == 5; });
  EXPECT_THAT(all, HasSubstr("{\"key\":\"to\",\"window\":[1700000000000,1700000010000],\"value\":2,"));
  const auto any = [](const std::string&) { return true; };
  const std::string second = query_until("word-counts --key be --window 1700000000001:", any);
  EXPECT_THAT(second, HasSubstr("\"window\":[1700000010000,1700000020000],\"value\":1,"));
  EXPECT_EQ(std::count(second.begin(), second.end(), '\n'), 1);
  EXPECT_EQ(query_until("word-counts --key nobody --stale", any), "");
  EXPECT_THAT(get("/stores/word-counts/be").body, HasSubstr("\"window\":[1700000010000,1700000020000],\"value\":1,"));
  EXPECT_EQ(get("/healthz").body, "{\"state\":\"RUNNING\"}\n");
  const std::string owner = get("/metadata/word-counts?key=be").body;
  EXPECT_THAT(owner, HasSubstr("\"active\":\"127.0.0.1:"));
  EXPECT_THAT(get("/metadata").body, HasSubstr("\"stores\":[\"word-counts\"]"));
  EXPECT_THAT(get("/lags").body, HasSubstr("\"lag\":0"));
  EXPECT_EQ(get("/stores/word-count").status, 404);
}

TEST_F(App, SensorAlertsComeWithTheThirdHotReading) {
  start("sensor_alerts", {"readings", "alerts"});
  produce("readings", {{"s1", "95", kStart},
                       {"s1", "20", kStart + 1},
                       {"s1", "96", kStart + 10'000},
                       {"s2", "99", kStart},
                       {"s1", "97", kStart + 20'000}});
  const auto alerts = read_until("alerts", [](const auto& last) { return last.contains("s1"); });
  EXPECT_THAT(alerts.at("s1"), HasSubstr("hot 3 times"));
  EXPECT_FALSE(alerts.contains("s2"));
}

TEST(AppCommands, SayWhatTheyFindWhereNothingRuns) {
  const std::string data = output_of("mktemp -d | tr -d '\\n'");
  const std::string app = std::string(LEAT_BIN_DIR) + "/word_count ";
  const std::string somewhere = " --data " + data + " -X embedded.listener=127.0.0.1:1 2>&1; true";
  EXPECT_THAT(output_of(app + "topics"),
              AllOf(HasSubstr("source       lines\n"), HasSubstr("changelog    word-count-")));
  const std::string doctor = output_of(app + "doctor" + somewhere);
  EXPECT_THAT(doctor, HasSubstr("ok    the settings agree with each other\n"));
  EXPECT_THAT(doctor, HasSubstr("BAD   the embedded broker does not answer at 127.0.0.1:1"));
  EXPECT_THAT(doctor, HasSubstr("1 problem to be solved\n"));
  const std::string reset = output_of(app + "reset --dry-run" + somewhere);
  EXPECT_THAT(reset, HasSubstr("Dry run displays the actions"));
  EXPECT_THAT(reset, HasSubstr("Deleting inferred internal topics []"));
  EXPECT_EQ(std::system(("rm -rf " + data).c_str()), 0);
}

TEST(Demo, EndsWithTheCountsThatPythonFinds) {
  const std::string text = std::string(LEAT_SOURCE_DIR) + "/examples/data/shakespeare.txt";
  const std::string head = output_of("mktemp -d | tr -d '\\n'");
  ASSERT_EQ(std::system(("head -3000 " + text + " > " + head + "/text").c_str()), 0);
  const std::string python = output_of(
      "python3 -c \"import re, collections, sys\n"
      "c = collections.Counter(w for l in open('" +
      head +
      "/text') for w in re.findall(r'\\w+', l.lower()))\n"
      "print(f'{sum(c.values())} words, {len(c)} different ones')\n"
      "print('\\n'.join(f'{n:10d}  {w}' for w, n in sorted(c.items(), key=lambda i: (-i[1], i[0]))[:10]))\"");
  const std::string demo = output_of(std::string(LEAT_BIN_DIR) + "/demo " + head + "/text " + head + "/data");
  EXPECT_THAT(demo, HasSubstr(python.substr(0, python.find('\n'))));
  EXPECT_THAT(demo, HasSubstr(python.substr(python.find('\n') + 1)));
  EXPECT_EQ(std::system(("rm -rf " + head).c_str()), 0);
}

}  // namespace
}  // namespace leat
