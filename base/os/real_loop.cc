#include "base/os/real_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "base/check.h"
#include "base/os/reactor.h"

namespace leat::os {

void Reactor::post(Loop::Task task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  // Sequentially consistent with block(): either the loop sees the task before it blocks, or we see that it blocks.
  has_posted_.store(true);
  if (blocked_.load()) boost::asio::post(io_, [] {});
}

TimerId Reactor::call_at(Instant at, Loop::Task task) {
  const std::uint64_t id = next_timer_++;
  timers_.emplace(std::pair{at, id}, std::move(task));
  timer_times_.emplace(id, at);
  return static_cast<TimerId>(id);
}

void Reactor::cancel(TimerId timer) {
  const auto id = static_cast<std::uint64_t>(timer);
  const auto at = timer_times_.find(id);
  if (at == timer_times_.end()) return;
  timers_.erase({at->second, id});
  timer_times_.erase(at);
}

std::size_t Reactor::run_posted() {
  if (!has_posted_.load(std::memory_order_acquire)) return 0;
  LEAT_CHECK(running_.empty(), "a loop was run from inside of one of its tasks");
  {
    const std::lock_guard lock(mutex_);
    has_posted_.store(false);
    running_.swap(posted_);
  }
  const std::size_t count = running_.size();
  for (Loop::Task& task : running_) {
    task();
    task = {};  // what it holds, it holds no longer than it runs
  }
  running_.clear();
  return count;
}

std::size_t Reactor::run_timers() {
  std::size_t count = 0;
  const Instant due = now();
  while (!timers_.empty() && timers_.begin()->first.first <= due) {
    auto timer = timers_.extract(timers_.begin());
    timer_times_.erase(timer.key().second);
    timer.mapped()();
    ++count;
  }
  return count;
}

std::size_t Reactor::run_ready() { return run_posted() + run_timers() + io_.poll(); }

bool Reactor::spin(Instant until) {
  constexpr int kLooksPerRound = 32;
  while (true) {
    for (int look = 0; look < kLooksPerRound; ++look) {
      if (has_posted_.load(std::memory_order_relaxed)) return true;
      __builtin_ia32_pause();
    }
    if (io_.poll() > 0) return true;
    const Instant time = now();
    if (!timers_.empty() && timers_.begin()->first.first <= time) return true;
    if (time >= until) return false;
    std::this_thread::yield();  // on a busy machine, to whoever prepares what we wait for
  }
}

void Reactor::block(Instant until) {
  blocked_.store(true);
  if (!has_posted_.load() && !stopped_.load()) {
    if (!timers_.empty()) until = std::min(until, timers_.begin()->first.first);
    if (until > now()) wait(until);
  }
  blocked_.store(false);
}

void Reactor::wait(Instant until) {
  if (until - now() >= kNear) {
    io_.run_one_until(until);
    return;
  }
  // An alarm that is set already and comes first is good enough: whoever waits looks at the clock again.
  if (until < alarm_at_) {
    alarm_at_ = until;
    alarm_.expires_at(until);
    alarm_.async_wait([this](const boost::system::error_code& aborted) {
      if (!aborted) alarm_at_ = Instant::max();
    });
  }
  io_.run_one();
}

std::size_t Reactor::run_once(Duration wait_at_most) {
  std::size_t count = run_ready();
  if (count > 0 || wait_at_most <= Duration::zero()) return count;
  const Instant begin = now();
  const Instant until = begin + wait_at_most;
  if (spin_now_ >= kSpinLeast) {
    if (spin(begin + std::min(spin_now_, wait_at_most))) {
      spin_now_ = spin_most_;
      return run_ready();
    }
    spin_now_ /= 2;
  }
  if (now() < until) block(until);
  // A short wait would have been shorter with a spin: the time of waking up is a part of what was measured.
  if (now() - begin < kWakeUp + spin_most_) spin_now_ = spin_most_;
  return run_ready();
}

void Reactor::run() {
  while (!stopped_.load()) run_once(std::chrono::seconds(1));
  stopped_.store(false);
}

void Reactor::stop() {
  stopped_.store(true);
  boost::asio::post(io_, [] {});
}

RealLoop::RealLoop(Duration spin) : reactor_(std::make_unique<Reactor>(spin)) {}
RealLoop::~RealLoop() = default;

Instant RealLoop::now() const { return Reactor::now(); }
std::int64_t RealLoop::wall_clock_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}
void RealLoop::post(Task task) { reactor_->post(std::move(task)); }
TimerId RealLoop::call_at(Instant at, Task task) { return reactor_->call_at(at, std::move(task)); }
void RealLoop::cancel(TimerId timer) { reactor_->cancel(timer); }
void RealLoop::run() { reactor_->run(); }
std::size_t RealLoop::run_once(Duration wait_at_most) { return reactor_->run_once(wait_at_most); }
void RealLoop::stop() { reactor_->stop(); }

}  // namespace leat::os
