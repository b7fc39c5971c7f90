// RealLoop: a loop over Boost.Asio.
//
// A loop spins for a moment before it blocks: a blocked one takes tens of microseconds to wake, a spinning one takes a
// posted task in under one. Posting to a loop that spins or runs costs a lock that is hardly ever contended and no
// system call.
#pragma once

#include <memory>

#include "base/loop.h"

namespace leat::os {

/// What base/os shares with the loop; defined in its .cc files only, so that no header knows Asio.
class Reactor;

class RealLoop : public Loop {
 public:
  /// How long to spin at most after the last task before blocking; less while that proves to be in vain. 0 blocks at
  /// once.
  explicit RealLoop(Duration spin = std::chrono::microseconds(50));
  ~RealLoop() override;

  Instant now() const override;
  std::int64_t wall_clock_ms() const override;
  void post(Task task) override;
  TimerId call_at(Instant at, Task task) override;
  void cancel(TimerId timer) override;
  void run() override;
  std::size_t run_once(Duration wait_at_most) override;
  void stop() override;

  Reactor& reactor() { return *reactor_; }

 private:
  std::unique_ptr<Reactor> reactor_;
};

}  // namespace leat::os
