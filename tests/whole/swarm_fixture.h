// Swarm: one seed of the whole. A broker, a feeder, a reader and two hosts with the application live in one simulated
// world; faults strike by the seed's weather; then it is calm, everything is brought to an end and checked.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients_fixture.h"
#include "process_fixture.h"

namespace leat::whole {

struct Outcome {
  std::uint64_t seed = 0;
  /// What must not be, and how it came about.
  std::optional<std::string> violation;
  std::string story;
  std::uint64_t trace_hash = 0;
  /// How long it took to finish when it was calm, in virtual time.
  Duration recovery{};
  std::size_t lines = 0;
};

class Swarm {
 public:
  Swarm(std::uint64_t seed, const Weather& weather, const Plant& plant = {});
  ~Swarm();
  Outcome run();

  static Outcome run_seed(std::uint64_t seed, const Plant& plant = {}) {
    return Swarm(seed, Weather::of_seed(seed), plant).run();
  }

 private:
  void go_through();
  void set_up();
  void storm();
  void strike();
  void disk_fails();
  void clock_jumps();
  void calm_down();
  void check_stores();
  /// Lets time pass until `done`, a violation, or `at_most`.
  bool run_until(const std::function<bool()>& done, Duration at_most);
  void run_for(Duration duration);
  void away(Process& process);
  void cut_off(Process& process);
  Process& some_app() { return *apps_[sim_.random().below(apps_.size())]; }
  Duration repair_after();
  bool fed();
  bool settled();
  std::string what_is_missing() const;

  std::uint64_t seed_;
  Weather weather_;
  Plant plant_;
  sim::SimWorld sim_;
  Story story_;
  Ledger ledger_;
  Scene scene_;
  BrokerProcess broker_;
  Operator operator_;
  Feeder feeder_;
  Feeder twin_;  ///< with the transactional id of the first: one of them is a zombie
  Reader reader_;
  Auditor auditor_;
  std::vector<std::unique_ptr<AppProcess>> apps_;
  std::vector<Process*> all_;
  /// What will be repaired when.
  std::multimap<Instant, std::function<void()>> repairs_;
  Duration recovery_{};
};

}  // namespace leat::whole
