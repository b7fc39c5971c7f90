// VectorPlayer: replays one file of conformance/streams/vectors on the topology of that name, and compares everything
// that is recorded there: outputs with changelogs and repartition topics, store contents and reads, errors, dropped
// records, commit metadata, and at the end of a run the stores as their changelogs restore them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/conformance/topologies/registry.h"

namespace leat::conformance {

struct RunResult {
  std::string seed;
  /// Where and what the first difference is; empty: all is equal.
  std::string difference;
  /// How many stores were restored, by the vector's name of their kind.
  std::map<std::string, int> restored;
};

struct PlayOptions {
  /// Persistent stores lie here; empty: in memory.
  std::string state_dir;
  bool check_restore = true;
  /// Runs no topology: the recorded changelogs alone (and inputs, where they serve as such) go into empty stores, and
  /// what those hold must be the recorded dump.
  bool restore_only = false;
};

/// One result per run of the file; empty where the file cannot be read.
std::vector<RunResult> play_vectors(const std::string& path, const BuildTopology& build, const PlayOptions& options);

}  // namespace leat::conformance
