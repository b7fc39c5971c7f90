// Planted bugs: what the simulator must find. The product knows nothing of them: a bug sits between a process and its
// world - a disk that does not sync, a channel that changes what goes through it - and makes the whole behave as if
// somebody had forgotten a line.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "process_fixture.h"

namespace leat::whole {

struct PlantedBug {
  std::string name;
  std::function<Plant()> plant;  ///< anew for each seed: some bugs remember things
};

inline void PrintTo(const PlantedBug& bug, std::ostream* to) { *to << bug.name; }

std::vector<PlantedBug> planted_bugs();

}  // namespace leat::whole
