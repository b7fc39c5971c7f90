// A disk in memory and a loop whose clock stands still, for targets that need a World.
#pragma once

#include "base/log.h"
#include "base/world.h"
#include "tests/broker/log/memory_disk.h"

namespace leat::fuzz {

class StandingLoop : public Loop {
 public:
  Instant now() const override { return Instant(std::chrono::seconds(1)); }
  std::int64_t wall_clock_ms() const override { return 1'800'000'000'000; }
  void post(Task task) override { task(); }
  TimerId call_at(Instant, Task) override { return TimerId{0}; }
  void cancel(TimerId) override {}
  void run() override {}
  std::size_t run_once(Duration) override { return 0; }
  void stop() override {}
};

class NoNet : public Net {
 public:
  void connect(const Endpoint&, OneShot<Result<std::unique_ptr<Connection>>> done) override {
    done(Error{ErrorKind::kUnavailable, "a log needs no network"});
  }
  Result<std::unique_ptr<Listener>> listen(const Endpoint&, MoveFunction<void(std::unique_ptr<Connection>)>) override {
    return Error{ErrorKind::kUnavailable, "a log needs no network"};
  }
};

struct FuzzWorld {
  log::MemoryDisk disk;
  StandingLoop loop;
  NoNet net;
  Random random{1};
  World world() { return {loop, disk, net, random}; }
};

/// Damage is the point here: no lines about it.
inline void say_nothing() {
  static const bool kQuiet = (set_log_level(static_cast<LogLevel>(static_cast<int>(LogLevel::kError) + 1)), true);
  (void)kQuiet;
}

}  // namespace leat::fuzz
