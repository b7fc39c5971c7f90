#include "base/sim/process.h"

#include "base/sim/scheduler.h"

namespace leat::sim {

namespace {

/// How often a program acts though nothing has come: a stream thread looks after its commits then.
constexpr auto kBeat = std::chrono::milliseconds(20);

}  // namespace

void Process::start() {
  if (running()) return;
  tasks_seen_ = 0;
  open(join(sim_.process(name_)));
  if (running()) beat();
}

World Process::join(World world) {
  loops_.push_back(dynamic_cast<SimLoop*>(&world.loop));
  return world;
}

World Process::another_thread(const std::string& thread) { return join(sim_.process(name_, thread)); }

void Process::beat() {
  loops_.front()->call_at(loops_.front()->now() + kBeat, [this] { beat(); });
}

std::size_t Process::tasks_run() const {
  std::size_t sum = 0;
  for (const SimLoop* loop : loops_) sum += loop->tasks_run();
  return sum;
}

void Process::kill() {
  if (!running()) return;
  sim_.kill(name_);
  loops_.clear();
  close();
}

void Process::lose_power() {
  sim_.power_loss(name_);
  if (!running()) return;
  loops_.clear();
  close();
}

void Process::turn_if_moved() {
  if (!running() || tasks_seen_ == tasks_run()) return;
  tasks_seen_ = tasks_run();
  turn();
}

}  // namespace leat::sim
