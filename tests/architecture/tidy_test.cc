// Small rules that a reader should never have to point out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/architecture/source_tree.h"

namespace leat::architecture {
namespace {

constexpr std::size_t kLineCharactersMax = 120;

/// Characters, not bytes, of a UTF-8 line.
std::size_t characters(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// The line without what stands behind two slashes.
std::string code_of(const std::string& line) { return line.substr(0, line.find("//")); }

struct Ban {
  std::string word;
  std::string instead;
  bool (*may)(const Source&);
};

bool nowhere(const Source&) { return false; }
bool in_the_real_world(const Source& source) { return source.in("base/os"); }
bool in_programs(const Source& source) { return source.path.ends_with("_main.cc"); }

TEST(Tidy, TheWorldIsReachedThroughTheWorld) {
  const Ban bans[] = {
      {"sleep_for", "a timer of the loop", nowhere},
      {"system_clock::now", "loop.wall_clock_ms()", in_the_real_world},
      {"steady_clock::now", "loop.now()", in_the_real_world},
      {"random_device", "world.random", in_the_real_world},
      {"std::thread", "os::LoopThread", in_the_real_world},
      {"std::ifstream", "world.files", nowhere},
      {"std::ofstream", "world.files", nowhere},
      {"fopen(", "world.files", nowhere},
      {"std::cout", "log_line, or the caller's stream", in_programs},
      {" exit(", "a Status", in_programs},
      {"std::exit(", "a Status", in_programs},
      {"co_await", "a OneShot: gcc 12 destroys lambdas in co_await expressions twice", nowhere},
  };
  for (const Source& source : product_sources()) {
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      for (const Ban& ban : bans) {
        if (ban.may(source) || code_of(source.lines[i]).find(ban.word) == std::string::npos) continue;
        ADD_FAILURE() << source.path << ":" << i + 1 << ": " << ban.word << "; use " << ban.instead;
      }
    }
  }
}

TEST(Tidy, NothingIsLeftForLaterAndNoLineIsTooLong) {
  const std::string marks[] = {std::string("TO") + "DO", std::string("FIX") + "ME", std::string("XX") + "X:"};
  for (const Source& source :
       sources_in({"base", "broker", "state", "topology", "streams", "tests", "examples", "bench"})) {
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::string& line = source.lines[i];
      const std::string place = source.path + ":" + std::to_string(i + 1);
      EXPECT_LE(characters(line), kLineCharactersMax) << place;
      for (const std::string& mark : marks) EXPECT_EQ(line.find(mark), std::string::npos) << place << ": " << line;
    }
  }
}

TEST(Tidy, HeadersAreIncludedOnceAndSourcesIncludeTheirOwnHeaderFirst) {
  for (const Source& source : product_sources()) {
    if (source.is_header()) {
      EXPECT_THAT(source.lines, testing::Contains("#pragma once")) << source.path;
      continue;
    }
    const std::string own = source.path.substr(0, source.path.size() - 3) + ".h";
    const bool has_own = std::any_of(source.lines.begin(), source.lines.end(),
                                     [&](const std::string& line) { return included(line) == own; });
    if (!has_own) continue;
    const auto first = std::find_if(source.lines.begin(), source.lines.end(),
                                    [](const std::string& line) { return !included(line).empty(); });
    EXPECT_EQ(included(*first), own) << source.path;
  }
}

TEST(Tidy, EveryRoomSaysWhatItIs) {
  for (const char* room :
       {"base", "base/os", "base/sim", "broker", "broker/wire", "broker/log", "broker/coordinator", "broker/client",
        "broker/server", "broker/tools", "state", "topology", "streams", "examples", "bench", "tests"}) {
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(LEAT_SOURCE_DIR) / room / "README.md")) << room;
  }
}

}  // namespace
}  // namespace leat::architecture
