// The inside of RealLoop: posted tasks, timers, and Asio's reactor. Included in base/os/*.cc only.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <mutex>
#include <vector>

#include "base/loop.h"

namespace leat::os {

class Reactor {
 public:
  explicit Reactor(Duration spin)
      : spin_most_(spin), spin_now_(spin), io_(1), work_(boost::asio::make_work_guard(io_)), alarm_(io_) {}

  boost::asio::io_context& io() { return io_; }
  void post(Loop::Task task);
  TimerId call_at(Instant at, Loop::Task task);
  void cancel(TimerId timer);
  void run();
  std::size_t run_once(Duration wait_at_most);
  void stop();
  static Instant now() { return std::chrono::steady_clock::now(); }

 private:
  std::size_t run_ready();
  std::size_t run_posted();
  std::size_t run_timers();
  /// Looks for something to run until then, without sleeping. Whether there is something, or was.
  bool spin(Instant until);
  void block(Instant until);
  void wait(Instant until);

  /// A spin in vain halves the next one, down to none; one that was worth it, or a wait that one would have made
  /// shorter, restores it. So a loop with a task every millisecond does not spin at all.
  static constexpr Duration kSpinLeast = std::chrono::microseconds(5);
  static constexpr Duration kWakeUp = std::chrono::microseconds(60);
  /// Asio's poll waits for whole milliseconds, too coarse for a near timer; those wait for the alarm, a timerfd.
  static constexpr Duration kNear = std::chrono::milliseconds(20);
  Duration spin_most_;
  Duration spin_now_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer alarm_;
  Instant alarm_at_ = Instant::max();
  std::mutex mutex_;
  std::vector<Loop::Task> posted_;
  std::vector<Loop::Task> running_;
  std::atomic<bool> has_posted_{false};
  std::atomic<bool> blocked_{false};
  std::atomic<bool> stopped_{false};
  std::map<std::pair<Instant, std::uint64_t>, Loop::Task> timers_;
  std::map<std::uint64_t, Instant> timer_times_;
  std::uint64_t next_timer_ = 1;
};

}  // namespace leat::os
