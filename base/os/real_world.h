// RealWorld: the machine. One loop with the files and the network that answer on it.
//
//   os::RealWorld world;
//   server::Broker broker(world.world(), config);
//   world.loop().run();
#pragma once

#include "base/os/real_files.h"
#include "base/os/real_loop.h"
#include "base/os/real_net.h"
#include "base/world.h"

namespace leat::os {

class RealWorld {
 public:
  explicit RealWorld(Duration spin = std::chrono::microseconds(50));

  World world() { return {loop_, files_, net_, random_}; }
  RealLoop& loop() { return loop_; }

 private:
  RealLoop loop_;
  RealFiles files_;
  RealNet net_;
  Random random_;
};

/// Calls `handler` on the loop when the process gets SIGTERM or SIGINT. One at a time in a process; until destroyed.
class TerminationSignal {
 public:
  TerminationSignal(RealLoop& loop, MoveFunction<void()> handler);
  ~TerminationSignal();

 private:
  friend class HangupSignal;
  struct Signals;
  std::unique_ptr<Signals> signals_;
};

/// The same for SIGHUP, every time that it comes.
class HangupSignal {
 public:
  HangupSignal(RealLoop& loop, MoveFunction<void()> handler);
  ~HangupSignal();

 private:
  std::unique_ptr<TerminationSignal::Signals> signals_;
};

}  // namespace leat::os
