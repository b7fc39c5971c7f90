// Scheduler: virtual time and the events in it, shared by all loops of a SimWorld; SimLoop: one of these loops.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/sim/sim_options.h"

namespace leat::sim {

class SimLoop;

class Scheduler {
 public:
  Scheduler(std::uint64_t seed, const SimOptions& options) : options_(options), random_(seed) {}

  const SimOptions& options() const { return options_; }
  void change_options(const SimOptions& options) { options_ = options; }
  Instant now() const { return now_; }
  /// Lets time pass within a task: something took that long.
  void pass(Duration duration) { now_ += duration; }
  Random& random() { return random_; }
  /// Uniform between the two.
  Duration between(Duration least, Duration most);

  /// Adds an event of `loop`, to run once `when` has come and after those of the same time added before it.
  TimerId add(Instant when, SimLoop& loop, Loop::Task task);
  void cancel(TimerId event);
  /// Forgets the events of a loop that has ended.
  void drop(const SimLoop& loop);
  /// Runs the next event if it is due by `until`; false where none is.
  bool step(Instant until);
  /// Runs all events that are due by `until`, and lets the time come to it.
  void run_to(Instant until);

  /// Adds to the trace what has happened.
  void trace(std::uint64_t what, std::uint64_t number = 0);
  void trace(BytesView text);
  std::uint64_t trace_hash() const { return trace_; }

 private:
  using Key = std::pair<Instant, std::uint64_t>;
  struct Event {
    SimLoop* loop;
    Loop::Task task;
  };

  SimOptions options_;
  Random random_;
  Instant now_{};
  std::map<Key, Event> events_;
  std::unordered_map<std::uint64_t, Instant> times_;
  std::uint64_t next_ = 1;
  bool running_ = false;
  Instant last_instant_{};
  std::uint64_t tasks_in_instant_ = 0;
  std::uint64_t trace_ = 0;
};

/// A loop of a simulated process. `run` and `run_once` drive the whole world, and may be called only from outside of
/// it.
class SimLoop : public Loop {
 public:
  SimLoop(Scheduler& scheduler, std::uint64_t number) : scheduler_(scheduler), number_(number) {}

  Instant now() const override { return scheduler_.now(); }
  std::int64_t wall_clock_ms() const override;
  void post(Task task) override;
  TimerId call_at(Instant at, Task task) override;
  void cancel(TimerId timer) override { scheduler_.cancel(timer); }
  void run() override;
  std::size_t run_once(Duration wait_at_most) override;
  void stop() override { stopped_ = true; }

  /// Nothing runs here before `until`; what is due meanwhile runs then.
  void sleep(Instant until) { asleep_until_ = until; }
  /// Ends the loop: new tasks are not taken. The pending ones are dropped by the scheduler.
  void refuse() { ended_ = true; }
  bool ended() const { return ended_; }
  std::uint64_t number() const { return number_; }
  /// How many tasks have run, for owners that act after each.
  std::size_t tasks_run() const { return tasks_run_; }
  Scheduler& scheduler() { return scheduler_; }

 private:
  friend class Scheduler;

  Scheduler& scheduler_;
  std::uint64_t number_;
  Instant last_post_{};
  Instant asleep_until_{};
  std::size_t tasks_run_ = 0;
  bool stopped_ = false;
  bool ended_ = false;
};

}  // namespace leat::sim
