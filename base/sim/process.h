// Process: a program on a host of its own in the simulated world, which can be killed and started again. Who derives
// from it makes its objects in `open` and destroys them in `close`, and calls `kill` in its destructor.
#pragma once

#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "base/world.h"

namespace leat::sim {

class SimLoop;

class Process {
 public:
  Process(SimWorld& sim, std::string name) : sim_(sim), name_(std::move(name)) {}
  virtual ~Process() = default;

  const std::string& name() const { return name_; }
  bool running() const { return !loops_.empty(); }
  void start();
  void kill();
  void lose_power();
  /// Stands still for a while.
  void sleep(Duration duration) { sim_.sleep(name_, duration); }
  /// To be called after every event of the world: lets the program act where its loop has run something.
  void turn_if_moved();

 protected:
  virtual void open(World world) = 0;
  /// Destroys everything; the world has ended already.
  virtual void close() = 0;
  /// Called now and then though nothing has come, too: a program looks after what is due then.
  virtual void turn() {}
  /// The world of another thread of this process.
  World another_thread(const std::string& thread);

  SimWorld& sim_;

 private:
  void beat();
  World join(World world);
  std::size_t tasks_run() const;

  std::string name_;
  std::vector<SimLoop*> loops_;
  std::size_t tasks_seen_ = 0;
};

}  // namespace leat::sim
