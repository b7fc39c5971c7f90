// World: everything outside of a program that it can reach - time, disk, network and chance. It comes through the
// constructor; no code outside of base/os touches them in another way. So the same broker, client and runtime run on
// a real machine (base/os/real_world.h) and in a deterministic simulation (base/sim/sim_world.h).
#pragma once

#include "base/files.h"
#include "base/loop.h"
#include "base/net.h"
#include "base/random.h"

namespace leat {

/// The world as one loop sees it: callbacks of its files and net come on that loop. Borrowed; cheap to copy.
struct World {
  Loop& loop;
  Files& files;
  Net& net;
  Random& random;
};

}  // namespace leat
