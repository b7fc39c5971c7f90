#include "swarm_fixture.h"

#include "base/log.h"
#include "state/key_value_store.h"

namespace leat::whole {

namespace {

/// How long everything may take to finish when nothing disturbs it any more.
constexpr Duration kLivenessMax = std::chrono::seconds(240);

}  // namespace

Swarm::Swarm(std::uint64_t seed, const Weather& weather, const Plant& plant)
    : seed_(seed),
      weather_(weather),
      plant_(plant),
      sim_(seed, weather.world),
      story_(sim_),
      ledger_(story_),
      scene_{sim_, story_, ledger_, weather_, plant_},
      broker_(scene_),
      operator_(scene_),
      feeder_(scene_, "feeder"),
      twin_(scene_, "feeder-twin"),
      reader_(scene_),
      auditor_(scene_, topics_of(weather)) {
  for (int i = 0; i < weather_.apps; ++i)
    apps_.push_back(std::make_unique<AppProcess>(scene_, "app-" + std::to_string(i + 1)));
  all_ = {&broker_, &operator_, &feeder_, &twin_, &reader_, &auditor_};
  for (auto& app : apps_) all_.push_back(app.get());
}

Swarm::~Swarm() {
  // Clients first: what the broker answers at its end goes to nobody.
  for (auto process = all_.rbegin(); process != all_.rend(); ++process) (*process)->kill();
}

bool Swarm::run_until(const std::function<bool()>& done, Duration at_most) {
  return sim_.run_until(
      [&] {
        for (Process* process : all_) process->turn_if_moved();
        return story_.violation() || done();
      },
      at_most);
}

void Swarm::run_for(Duration duration) {
  run_until([] { return false; }, duration);
}

Outcome Swarm::run() {
  try {
    go_through();
  } catch (const std::exception& error) {
    story_.violate(std::string("an exception was thrown: ") + error.what());
  }
  if (story_.violation()) story_.tell("what is not finished:\n" + broker_.unfinished());
  return {.seed = seed_,
          .violation = story_.violation(),
          .story = story_.text(),
          .trace_hash = sim_.trace_hash(),
          .recovery = recovery_,
          .lines = ledger_.lines_written()};
}

void Swarm::go_through() {
  set_up();
  if (!story_.violation()) storm();
  if (!story_.violation()) calm_down();
  if (!story_.violation()) ledger_.check(weather_);
  if (!story_.violation()) check_stores();
}

void Swarm::set_up() {
  broker_.start();
  operator_.start();
  if (!run_until([&] { return operator_.done(); }, kLivenessMax)) return story_.violate("the topics are not made");
  operator_.kill();
  feeder_.start();
  reader_.start();
  for (auto& app : apps_) app->start();
}

Duration Swarm::repair_after() {
  return Duration(static_cast<Duration::rep>(
      sim_.random().below(static_cast<std::uint64_t>(weather_.repair_after_max.count()) + 1)));
}

void Swarm::storm() {
  const Instant end = sim_.now() + weather_.storm;
  const auto gap = [&] {
    return Duration(
        static_cast<Duration::rep>(sim_.random().below(2 * static_cast<std::uint64_t>(weather_.strike_every.count()))));
  };
  Instant next_strike = sim_.now() + gap();
  while (sim_.now() < end && !story_.violation()) {
    Instant until = std::min(end, next_strike);
    if (!repairs_.empty()) until = std::min(until, repairs_.begin()->first);
    run_for(until - sim_.now());
    fed();
    while (!repairs_.empty() && repairs_.begin()->first <= sim_.now()) repairs_.extract(repairs_.begin()).mapped()();
    if (sim_.now() < next_strike) continue;
    next_strike = sim_.now() + gap();
    if (!story_.violation() && weather_.weights() > 0) strike();
  }
}

/// A process that has ended is started again later.
void Swarm::away(Process& process) {
  repairs_.emplace(sim_.now() + repair_after(), [this, &process] {
    if (process.running()) return;
    story_.tell(process.name() + " starts");
    process.start();
  });
}

void Swarm::cut_off(Process& process) {
  story_.tell(process.name() + " cannot reach the broker");
  sim_.partition(process.name(), broker_.name());
  repairs_.emplace(sim_.now() + repair_after(), [this, &process] {
    story_.tell(process.name() + " reaches the broker again");
    sim_.heal(process.name(), broker_.name());
  });
}

/// By some seconds, in one direction or the other.
void Swarm::clock_jumps() {
  constexpr std::int64_t kMostMs = 3'000;
  sim::SimOptions options = sim_.options();
  const auto by = static_cast<std::int64_t>(sim_.random().below(2 * kMostMs + 1)) - kMostMs;
  options.wall_clock_start_ms += by;
  story_.tell(fmt::format("the wall clock jumps by {} ms", by));
  sim_.change_options(options);
}

/// Who has such a disk turns the machine off and on.
void Swarm::disk_fails() {
  story_.tell("the disk of the broker is about to fail");
  sim_.disk(broker_.name()).fail_operation(1 + sim_.random().below(100));
  broker_.disk_fails = true;
  repairs_.emplace(sim_.now() + repair_after(), [this] {
    story_.tell("the broker with the failing disk loses power, and starts");
    broker_.lose_power();
    sim_.disk(broker_.name()).clear_faults();
    broker_.disk_fails = false;
    broker_.start();
  });
}

void Swarm::strike() {
  auto number = static_cast<int>(sim_.random().below(static_cast<std::uint64_t>(weather_.weights())));
  const auto is = [&](int weight) { return (number -= weight) < 0; };
  const auto killed = [&](Process& process) {
    if (!process.running()) return;
    story_.tell(process.name() + " is killed");
    process.kill();
    away(process);
  };
  const auto loses_power = [&](Process& process) {
    story_.tell(process.name() + " loses power");
    process.lose_power();
    away(process);
  };
  Process* const others[] = {&feeder_, &twin_, &reader_, &some_app(), &some_app()};
  if (is(weather_.broker_killed)) return killed(broker_);
  if (is(weather_.broker_loses_power)) return loses_power(broker_);
  if (is(weather_.broker_stopped)) {
    story_.tell("the broker is asked to stop");
    broker_.stop();
    if (sim_.random().chance(50)) broker_.lose_power();
    return away(broker_);
  }
  if (is(weather_.broker_disk_fails)) return disk_fails();
  if (is(weather_.feeder_doubled)) {
    if (!weather_.transactional_feeder) return;
    Feeder& next = feeder_.fenced() || !feeder_.running() ? feeder_ : twin_;
    next.kill();
    story_.tell(next.name() + " starts beside the other");
    return next.start();
  }
  if (is(weather_.app_killed)) return killed(some_app());
  if (is(weather_.app_loses_power)) return loses_power(some_app());
  if (is(weather_.app_closed)) {
    auto& app = *apps_[sim_.random().below(apps_.size())];
    if (!app.running()) return;
    story_.tell(app.name() + " is asked to stop");
    app.leave();
    repairs_.emplace(sim_.now() + repair_after() + 11s, [&app] { app.start(); });
    return;
  }
  if (is(weather_.clock_jumps)) return clock_jumps();
  if (is(weather_.feeder_killed)) return killed(feeder_);
  if (is(weather_.reader_killed)) return killed(reader_);
  Process& other = *others[sim_.random().below(std::size(others))];
  if (is(weather_.asleep)) {
    Process& sleeper = sim_.random().chance(30) ? static_cast<Process&>(broker_) : other;
    if (!sleeper.running()) return;
    story_.tell(sleeper.name() + " stands still");
    return sleeper.sleep(repair_after());
  }
  if (is(weather_.connections_cut)) {
    story_.tell("connections of " + other.name() + " are cut");
    return sim_.cut_connections(other.name(), broker_.name());
  }
  cut_off(other);
}

void Swarm::calm_down() {
  story_.tell("calm");
  const Instant begin = sim_.now();
  sim_.heal_all();
  sim::SimOptions calm = weather_.world;
  calm.wall_clock_start_ms = sim_.options().wall_clock_start_ms;
  calm.network_slow_percent = calm.connection_cut_percent = 0;
  calm.network_delay_max = std::min<Duration>(calm.network_delay_max, 500us);
  calm.sync_time_max = std::min<Duration>(calm.sync_time_max, 1600us);
  sim_.change_options(calm);
  weather_.feed_every = std::min<Duration>(weather_.feed_every, 5ms);  // what is left comes quickly
  for (auto& repair : std::exchange(repairs_, {})) repair.second();
  broker_.start();
  reader_.start();
  if (!run_until([&] { return fed(); }, kLivenessMax))
    return story_.violate(fmt::format("the feeder hangs: it has written {} of {} lines, and they are not settled",
                                      ledger_.lines_written(), weather_.records));
  if (story_.violation()) return;
  while (!settled()) {
    if (story_.violation()) return;
    if (sim_.now() - begin > kLivenessMax) return story_.violate("it does not come to an end: " + what_is_missing());
    run_for(200ms);
    // An app that was asked to stop may be gone only now.
    for (auto& app : apps_) app->start();
  }
  recovery_ = sim_.now() - begin;
  story_.tell(fmt::format("all {} lines are counted", ledger_.expected_lines()));
}

/// Whether all lines are written, and nothing is open.
bool Swarm::fed() {
  // A transaction that took too long fences its producer without there being another one.
  if (feeder_.fenced() && (twin_.fenced() || !twin_.running())) {
    feeder_.kill();
    feeder_.start();
  }
  return feeder_.done() && twin_.done() && ledger_.lines_written() >= static_cast<std::size_t>(weather_.records);
}

/// Reads everything, and asks whether that is all.
bool Swarm::settled() {
  auditor_.start();
  if (!run_until([&] { return auditor_.done(); }, kLivenessMax)) {
    story_.violate("the topics cannot be read to their end");
    return false;
  }
  auditor_.kill();
  return ledger_.complete(weather_);
}

std::string Swarm::what_is_missing() const {
  std::string text = ledger_.progress();
  for (const auto& app : apps_) {
    text += fmt::format("; {}: {}", app->name(), app->state());
    for (Task* task : app->tasks()) text += " " + task->id();
  }
  return text;
}

/// All hosts of the app lose their memory; the one that comes back restores every store, and finds the true counts.
void Swarm::check_stores() {
  for (auto& app : apps_) app->kill();
  if (sim_.random().chance(50)) apps_[0]->lose_state();
  AppProcess& app = *apps_[0];
  app.start();
  const std::size_t tasks = subtopologies(weather_) * static_cast<std::size_t>(weather_.partitions);
  if (!run_until([&] { return app.tasks().size() == tasks; }, kLivenessMax))
    return story_.violate("the stores are not restored: " + what_is_missing());
  if (story_.violation()) return;
  std::map<std::string, std::int64_t> counts;
  for (Task* task : app.tasks()) {
    auto* store = dynamic_cast<TimestampedKeyValueStore<std::string, std::int64_t>*>(task->state().find(kStore));
    if (store == nullptr) continue;
    auto rows = store->all();
    while (const auto* row = rows.next())
      if (!counts.emplace(row->key, row->value.value).second) story_.violate("'" + row->key + "' is in two stores");
  }
  for (const auto& [word, count] : ledger_.true_counts())
    if (weather_.at_least_once ? counts[word] < count : counts[word] != count)
      story_.violate(fmt::format("'{}' came {} times, and its restored count is {}", word, count, counts[word]));
}

}  // namespace leat::whole
