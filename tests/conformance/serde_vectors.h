// The byte formats of conformance/streams/serde: standard serdes, windowed keys, values of stores, partitioning,
// changes, what travels between tasks and members, positions, the process file. What is not compared is said, with the
// reason.
#pragma once

#include <string>

namespace leat::conformance {

struct SerdeTally {
  int passed = 0;
  int failed = 0;
  /// Lines of formats that are not ours.
  int skipped = 0;
};

/// Checks every line of every file in `directory`, and prints what differs.
SerdeTally check_serde_vectors(const std::string& directory);

}  // namespace leat::conformance
