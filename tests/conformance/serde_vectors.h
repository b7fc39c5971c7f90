// The byte formats of conformance/streams/serde that exist here: standard serdes, windowed keys, timestamped values,
// partitioning, changes, offset commit metadata.
#pragma once

#include <string>

namespace leat::conformance {

struct SerdeTally {
  int passed = 0;
  int failed = 0;
  /// Lines of formats that do not exist here yet.
  int skipped = 0;
};

/// Checks every line of every file in `directory`, and prints what differs.
SerdeTally check_serde_vectors(const std::string& directory);

}  // namespace leat::conformance
