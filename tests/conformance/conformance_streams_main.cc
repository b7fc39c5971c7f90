// conformance_streams --vectors DIR [--topology NAME] [--rocksdb DIR] [--serde DIR] [--restore DIR]: replays the
// vectors recorded from Kafka Streams on our translation of their topologies, and checks byte formats. NAME with or
// without variant; --rocksdb keeps persistent stores on disk; --restore feeds the recorded changelogs alone into empty
// stores.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/log.h"
#include "tests/conformance/serde_vectors.h"
#include "tests/conformance/vector_player.h"

namespace {

constexpr std::string_view kEnding = ".jsonl.zst";

struct Tally {
  int passed = 0;
  int failed = 0;
  /// Stores that were restored, by kind.
  std::map<std::string, int> restored;
};

void play(const std::string& file, const std::string& path, const leat::conformance::BuildTopology& build,
          const leat::conformance::PlayOptions& options, Tally& tally) {
  int failed = 0;
  for (const auto& run : leat::conformance::play_vectors(path, build, options)) {
    for (const auto& [kind, count] : run.restored) tally.restored[kind] += count;
    if (run.difference.empty()) continue;
    if (++failed == 1) fmt::print("FAIL {} seed {} {}\n", file, run.seed, run.difference);
  }
  if (failed == 0) fmt::print("ok   {}\n", file);
  ++(failed == 0 ? tally.passed : tally.failed);
}

void play_all(const std::string& directory, const std::string& only, const leat::conformance::PlayOptions& options,
              Tally& tally) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(kEnding)) files.push_back(name.substr(0, name.size() - kEnding.size()));
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> skipped;
  const auto& registry = leat::conformance::topologies();
  for (const std::string& file : files) {
    const std::string base = file.substr(0, file.find('.'));
    if (!only.empty() && only != file && only != base) continue;
    const std::string path = directory + "/" + file + ".jsonl";
    const auto build = registry.find(base);
    const std::string why = build == registry.end() ? "no topology" : "";
    if (why.empty()) {
      play(file, path, build->second, options, tally);
    } else {
      skipped.push_back(fmt::format("skip {}: {}", file, why));
    }
  }
  for (const std::string& line : skipped) fmt::print("{}\n", line);
  fmt::print("{} skipped\n", skipped.size());
}

}  // namespace

int main(int argc, char** argv) {
  leat::set_log_level(leat::LogLevel::kError);
  std::string vectors, only, serde, restore;
  leat::conformance::PlayOptions options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--vectors") vectors = argv[i + 1];
    if (flag == "--topology") only = argv[i + 1];
    if (flag == "--rocksdb") options.state_dir = argv[i + 1];
    if (flag == "--serde") serde = argv[i + 1];
    if (flag == "--restore") restore = argv[i + 1];
  }
  if (vectors.empty() && serde.empty() && restore.empty()) {
    fmt::print(stderr,
               "usage: conformance_streams --vectors DIR [--topology NAME] [--rocksdb DIR] [--serde DIR] "
               "[--restore DIR]\n");
    return 2;
  }
  Tally tally;
  if (!vectors.empty()) play_all(vectors, only, options, tally);
  if (!restore.empty()) {
    options.restore_only = true;
    tally.restored.clear();
    play_all(restore, only, options, tally);
    std::string kinds;
    for (const auto& [kind, count] : tally.restored)
      kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", count, kind);
    fmt::print("restored stores: {}\n", kinds);
  }
  if (!serde.empty()) {
    const auto lines = leat::conformance::check_serde_vectors(serde);
    fmt::print("serde: {} lines passed, {} failed, {} not covered\n", lines.passed, lines.failed, lines.skipped);
    tally.passed += lines.passed;
    tally.failed += lines.failed;
  }
  fmt::print("{} passed, {} failed\n", tally.passed, tally.failed);
  return tally.failed == 0 && tally.passed > 0 ? 0 : 1;
}
