// SimulatedState: what the persistent stores of a simulated host leave behind. It behaves as the backend on RocksDB
// promises: an install is atomic, an orderly close keeps the last one, a crash keeps it or an earlier one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "state/row_table.h"
#include "state/state_backend.h"

namespace leat::sim {

class SimulatedState {
 public:
  /// The backend of a task's directory, as it was saved there last. kAlreadyExists while another thread has it open.
  Result<std::unique_ptr<StateBackend>> open(const std::string& directory);
  /// What was installed lately may be gone, for each directory by its own chance.
  void crash(Random& random);
  void lose_everything() { directories_.clear(); }

  struct Version {
    std::map<std::string, MemoryTable> tables;
    std::map<std::string, std::int64_t> offsets;
  };
  struct Directory {
    std::vector<std::shared_ptr<const Version>> versions;
    bool open = false;
  };

 private:
  std::map<std::string, std::shared_ptr<Directory>> directories_;
};

}  // namespace leat::sim
