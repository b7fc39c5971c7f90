// SimWorld: several machines, their disks and the network between them, in one thread and in virtual time. The real
// broker, client and runtime run in it unchanged; the same seed gives the same run, event by event.
//
//   SimWorld sim(seed);
//   Node node(sim.process("broker"));                      // World{loop, files, net, random}
//   sim.run_until([&] { return node.ready(); }, 10s);
//   sim.power_loss("broker");                              // then destroy what lived there ...
//   Node again(sim.process("broker"));                     // ... and start it on the disk that survived
//   EXPECT_EQ(sim.trace_hash(), hash_of_an_earlier_run_with_this_seed);
//
// Fault model
//
// Time. One event runs at a time, the earliest first. Tasks posted to one loop run in the order they were posted;
// tasks of different loops interleave by chance, since each is up to `schedule_delay_max` late. A task costs
// `task_cost`. Nothing else makes time pass, but `sync_now`.
//
// Processes. A process has a name, which is its host's name too, one disk, and a loop per thread. `kill` ends the
// process as SIGKILL does: what was written stays written. `power_loss` takes the machine away: of what was not
// synced, the disk keeps what it likes. Both drop the pending tasks and timers, close its listeners, break its
// connections and release its file locks; whatever still uses the old World afterwards has no effect on anything.
//
// Disk. Reads always see the latest writes. A sync makes durable what was written to that file before the sync was
// asked for. At a power loss each sector written since is kept, dropped or torn, each by its own chance, so writes are
// reordered too; the size of the file is the old one, the new one, or between them, and what was not written by then
// reads as zeros. Made, renamed and removed names survive once their directory was synced, or by luck; changes that
// build on one another are lost together, and making a directory durable makes the way to it durable, as ext4 and xfs
// do. A rename is atomic. Bytes that were synced are never lost: a disk that breaks its promises, and bits that rot,
// are out of this model. Faults to be switched on: the Nth operation fails, or it and all after it; the disk is full;
// it is read-only; syncs fail, after which the pages of that moment never become durable, as on Linux.
//
// Network. Bytes of a connection arrive in order, in pieces of random size, after random delays; a slow reader stops
// its sender (`socket_buffer_bytes`). A connection may be cut: what was under way is lost and both sides are told, not
// at the same time. A partition between two hosts delays what is under way until it heals; new connections time out.
// Bytes are never changed, doubled or reordered within a connection: TCP sees to that.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/sim/sim_disk.h"
#include "base/sim/sim_options.h"
#include "base/world.h"

namespace leat::sim {

class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed, SimOptions options = {});
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;

  /// The world of a process, started if it does not run. Each `thread` of a process has a loop of its own; disk and
  /// host are shared between them. Valid until this SimWorld ends, though without effect once the process has ended.
  World process(const std::string& name, const std::string& thread = "main");
  bool running(const std::string& name) const;
  /// Ends a process; see the fault model. Nothing happens if it does not run.
  void kill(const std::string& name);
  void power_loss(const std::string& name);

  /// Stops a process for a while, as a suspended machine or a debugger does: it answers nothing, and goes
  /// on afterwards as if nothing had been.
  void sleep(const std::string& name, Duration duration);

  /// The disk of a host, to make it fail. It outlives the processes.
  SimDisk& disk(const std::string& name);
  /// Nothing arrives between two hosts until `heal`.
  void partition(const std::string& a, const std::string& b);
  void heal(const std::string& a, const std::string& b);
  void heal_all();
  /// Breaks the connections between two hosts.
  void cut_connections(const std::string& a, const std::string& b);

  Instant now() const;
  /// Runs the next event, whenever it is due. False where none is left.
  bool step();
  /// Lets this much time pass.
  void run_for(Duration duration);
  /// Runs until `done`, asked after every event, but not longer than `at_most`. Returns whether it came true.
  bool run_until(const std::function<bool()>& done, Duration at_most);

  /// Chance for the test itself.
  Random& random();
  const SimOptions& options() const;
  /// From now on it is as rough as this; what a disk is made of stays.
  void change_options(const SimOptions& options);
  /// A hash of everything that has happened: equal for runs of the same seed and the same program.
  std::uint64_t trace_hash() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace leat::sim
