#include "base/sim/sim_world.h"

#include <map>
#include <vector>

#include "base/check.h"
#include "base/sim/scheduler.h"
#include "base/sim/sim_files.h"
#include "base/sim/sim_net.h"

namespace leat::sim {

namespace {

/// A loop of a process with what answers on it.
struct Thread {
  Thread(Scheduler& scheduler, SimNetwork& network, SimDisk& disk, const std::string& host, std::uint64_t number)
      : loop(scheduler, number), files(disk, loop), net(network, loop, host), random(scheduler.random().next()) {}

  World world() { return {loop, files, net, random}; }

  SimLoop loop;
  SimFiles files;
  SimNet net;
  Random random;
};

struct Host {
  std::unique_ptr<SimDisk> disk;
  std::map<std::string, std::unique_ptr<Thread>> threads;  // of the process that runs, if one does
};

}  // namespace

struct SimWorld::State {
  State(std::uint64_t seed, const SimOptions& options)
      : scheduler(seed, options), random(scheduler.random().next()), network(scheduler) {}

  Host& host(const std::string& name) {
    Host& host = hosts[name];
    if (!host.disk) host.disk = std::make_unique<SimDisk>(scheduler, name);
    return host;
  }

  /// Ends all threads of a process; their worlds stay for whoever still refers to them.
  bool end(const std::string& name) {
    Host& ending = host(name);
    if (ending.threads.empty()) return false;
    scheduler.trace(name);
    std::vector<Thread*> threads;
    for (auto& [thread_name, thread] : ending.threads) {
      threads.push_back(thread.get());
      graveyard.push_back(std::move(thread));
    }
    ending.threads.clear();
    for (Thread* thread : threads) thread->loop.refuse();
    // Connections that wait to be accepted break too, so they must still be there.
    network.end_host(name);
    for (Thread* thread : threads) scheduler.drop(thread->loop);
    ending.disk->release_locks();
    return true;
  }

  Scheduler scheduler;
  Random random;
  SimNetwork network;
  std::map<std::string, Host> hosts;
  std::vector<std::unique_ptr<Thread>> graveyard;
  std::uint64_t next_loop = 1;
};

SimWorld::SimWorld(std::uint64_t seed, SimOptions options) : state_(std::make_unique<State>(seed, options)) {}

SimWorld::~SimWorld() {
  for (auto& [name, host] : state_->hosts) kill(name);
}

World SimWorld::process(const std::string& name, const std::string& thread) {
  Host& host = state_->host(name);
  auto& found = host.threads[thread];
  if (!found) {
    found = std::make_unique<Thread>(state_->scheduler, state_->network, *host.disk, name, state_->next_loop++);
  }
  return found->world();
}

bool SimWorld::running(const std::string& name) const {
  const auto host = state_->hosts.find(name);
  return host != state_->hosts.end() && !host->second.threads.empty();
}

void SimWorld::kill(const std::string& name) { state_->end(name); }

void SimWorld::power_loss(const std::string& name) {
  state_->end(name);
  state_->host(name).disk->lose_power();
}

void SimWorld::sleep(const std::string& name, Duration duration) {
  for (auto& [thread_name, thread] : state_->host(name).threads) thread->loop.sleep(now() + duration);
}

SimDisk& SimWorld::disk(const std::string& name) { return *state_->host(name).disk; }
void SimWorld::partition(const std::string& a, const std::string& b) { state_->network.partition(a, b); }
void SimWorld::heal(const std::string& a, const std::string& b) { state_->network.heal(a, b); }
void SimWorld::heal_all() { state_->network.heal_all(); }
void SimWorld::cut_connections(const std::string& a, const std::string& b) { state_->network.cut_connections(a, b); }

Instant SimWorld::now() const { return state_->scheduler.now(); }
bool SimWorld::step() { return state_->scheduler.step(Instant::max()); }
void SimWorld::run_for(Duration duration) { state_->scheduler.run_to(now() + duration); }

bool SimWorld::run_until(const std::function<bool()>& done, Duration at_most) {
  const Instant until = now() + at_most;
  while (!done()) {
    if (state_->scheduler.step(until)) continue;
    state_->scheduler.run_to(until);
    return done();
  }
  return true;
}

Random& SimWorld::random() { return state_->random; }
const SimOptions& SimWorld::options() const { return state_->scheduler.options(); }
void SimWorld::change_options(const SimOptions& options) { state_->scheduler.change_options(options); }
std::uint64_t SimWorld::trace_hash() const { return state_->scheduler.trace_hash(); }

}  // namespace leat::sim
