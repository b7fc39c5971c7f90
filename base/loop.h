// Loop: where an object lives. Each object has one owner loop and is touched on it only; other threads may only post
// to it. A loop runs one task at a time, to completion.
//
//   loop.post([this] { wake(); });                                   // from any thread
//   TimerId timer = loop.call_at(loop.now() + 500ms, [this] { expire(); });
#pragma once

#include <chrono>
#include <cstdint>

#include "base/function.h"

namespace leat {

using Duration = std::chrono::nanoseconds;

/// A moment of the monotonic clock. Sessions, timeouts and delays are measured with it; it never jumps.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

enum class TimerId : std::uint64_t {};

class Loop {
 public:
  using Task = MoveFunction<void()>;

  virtual ~Loop() = default;

  /// The monotonic clock.
  virtual Instant now() const = 0;
  /// Milliseconds since the Unix epoch by the wall clock: for record timestamps and retention, never for timeouts.
  virtual std::int64_t wall_clock_ms() const = 0;

  /// Runs `task` on this loop, after those posted before it. May be called from any thread.
  virtual void post(Task task) = 0;

  /// Runs `task` once `at` has come. Only on the loop itself.
  virtual TimerId call_at(Instant at, Task task) = 0;
  /// Forgets a timer; nothing happens if it has fired or was cancelled. Only on the loop itself.
  virtual void cancel(TimerId timer) = 0;

  /// Runs tasks until `stop`.
  virtual void run() = 0;
  /// Runs what is ready; where nothing is, waits up to `wait_at_most` for the first task and runs what is ready then.
  /// Returns the number of tasks that ran. For owners that drive their loop themselves (a stream thread).
  virtual std::size_t run_once(Duration wait_at_most) = 0;
  /// Makes `run` return after the task that is running. May be called from any thread.
  virtual void stop() = 0;
};

}  // namespace leat
