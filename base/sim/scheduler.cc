#include "base/sim/scheduler.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace leat::sim {

namespace {

/// More tasks than this without any time passing are two tasks that post each other forever.
constexpr std::uint64_t kTasksPerInstantMax = 20'000'000;

std::uint64_t mixed(std::uint64_t sum, std::uint64_t number) { return Random(sum ^ number).next(); }

}  // namespace

Duration Scheduler::between(Duration least, Duration most) {
  if (most <= least) return least;
  return least + Duration(random_.below(static_cast<std::uint64_t>((most - least).count()) + 1));
}

TimerId Scheduler::add(Instant when, SimLoop& loop, Loop::Task task) {
  if (loop.ended()) return TimerId{};
  const std::uint64_t id = next_++;
  when = std::max(when, now_);
  events_.emplace(Key{when, id}, Event{&loop, std::move(task)});
  times_.emplace(id, when);
  return static_cast<TimerId>(id);
}

void Scheduler::cancel(TimerId event) {
  const auto time = times_.find(static_cast<std::uint64_t>(event));
  if (time == times_.end()) return;
  const auto dropped = events_.extract(Key{time->second, time->first});  // its captures may cancel other events
  times_.erase(time);
}

void Scheduler::drop(const SimLoop& loop) {
  std::vector<Event> dropped;  // destroyed when nothing here is being changed
  for (auto event = events_.begin(); event != events_.end();) {
    if (event->second.loop == &loop) {
      times_.erase(event->first.second);
      dropped.push_back(std::move(event->second));
      event = events_.erase(event);
    } else {
      ++event;
    }
  }
}

bool Scheduler::step(Instant until) {
  LEAT_CHECK(!running_, "the simulated world was driven from inside of a task");
  if (events_.empty() || events_.begin()->first.first > until) return false;
  auto node = events_.extract(events_.begin());
  times_.erase(node.key().second);
  now_ = std::max(now_, node.key().first);
  tasks_in_instant_ = now_ == last_instant_ ? tasks_in_instant_ + 1 : 0;
  last_instant_ = now_;
  LEAT_CHECK(tasks_in_instant_ < kTasksPerInstantMax, "tasks post one another without end and without time passing");

  if (node.mapped().loop->asleep_until_ > now_) {
    node.key().first = node.mapped().loop->asleep_until_;
    times_.emplace(node.key().second, node.key().first);
    events_.insert(std::move(node));
    return true;
  }
  Event event = std::move(node.mapped());
  trace(event.loop->number(), static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  ++event.loop->tasks_run_;
  running_ = true;
  event.task();
  event.task = {};
  running_ = false;
  now_ += options_.task_cost;
  return true;
}

void Scheduler::run_to(Instant until) {
  while (step(until)) {
  }
  now_ = std::max(now_, until);
}

void Scheduler::trace(std::uint64_t what, std::uint64_t number) { trace_ = mixed(mixed(trace_, what), number); }

void Scheduler::trace(BytesView text) {
  std::uint64_t sum = 0xcbf29ce484222325;  // FNV-1a
  for (unsigned char byte : text) sum = (sum ^ byte) * 0x100000001b3;
  trace(sum, text.size());
}

std::int64_t SimLoop::wall_clock_ms() const {
  const auto since_start = scheduler_.now().time_since_epoch();
  return scheduler_.options().wall_clock_start_ms +
         std::chrono::duration_cast<std::chrono::milliseconds>(since_start).count();
}

void SimLoop::post(Task task) {
  if (ended_) return;
  last_post_ = std::max(last_post_, now() + scheduler_.between({}, scheduler_.options().schedule_delay_max));
  scheduler_.add(last_post_, *this, std::move(task));
}

TimerId SimLoop::call_at(Instant at, Task task) {
  return scheduler_.add(std::max(at, now()) + scheduler_.between({}, scheduler_.options().schedule_delay_max), *this,
                        std::move(task));
}

void SimLoop::run() {
  while (!stopped_ && scheduler_.step(Instant::max())) {
  }
  stopped_ = false;
}

std::size_t SimLoop::run_once(Duration wait_at_most) {
  const std::size_t before = tasks_run_;
  const Instant until = now() + wait_at_most;
  while (tasks_run_ == before && scheduler_.step(until)) {
  }
  if (tasks_run_ == before) {
    scheduler_.run_to(until);
  } else {
    const Instant ready_by = now();
    while (scheduler_.step(ready_by)) {
    }
  }
  return tasks_run_ - before;
}

}  // namespace leat::sim
