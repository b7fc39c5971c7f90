#include "streams/simulation.h"

#include <fmt/format.h>

#include "base/log.h"
#include "streams/simulated_processes.h"

namespace leat::sim {

namespace {

using namespace std::chrono_literals;

/// How long anything may take that nothing disturbs any more, in virtual time.
constexpr Duration kLivenessMax = 240s;
constexpr Duration kRepairMax = 1s;

SimOptions calm_options() { return SimOptions(); }

StreamsConfig config_of(const Exploration& exploration) {
  StreamsConfig config = exploration.config;
  config.bootstrap_servers = "broker:9092";
  config.state_dir = "/state";
  config.application_server.clear();
  return config;
}

}  // namespace

class Run::Inside {
 public:
  Inside(const Plan& plan, const Exploration& exploration, std::uint64_t seed)
      : exploration_(exploration),
        config_(config_of(exploration)),
        plan_(plan),
        sim_(seed, calm_options()),
        app_{plan, config_, exploration.partitions, [this](const std::string& what) { break_off(what); }},
        broker_(sim_, app_),
        client_(sim_, app_) {
    for (int i = 0; i < exploration.workers; ++i)
      workers_.push_back(std::make_unique<SimulatedWorker>(sim_, app_, "worker-" + std::to_string(i + 1)));
    all_ = {&broker_, &client_};
    for (auto& worker : workers_) all_.push_back(worker.get());
  }
  ~Inside() {
    // Clients first: what the broker answers at its end goes to nobody.
    for (auto process = all_.rbegin(); process != all_.rend(); ++process) (*process)->kill();
  }

  void begin();
  void send(const TestRecordBytes& record);
  void pass(Duration time);
  void settle();
  std::vector<TestRecordBytes> read(const std::string& topic);
  std::string story() const { return story_; }

 private:
  std::set<std::string> inputs() const;
  std::set<std::string> topics_of_the_user() const;
  void tell(const std::string& event);
  void break_off(const std::string& what) {
    if (!broken_) broken_ = what;
  }
  /// Lets time pass until `done`, which is checked after every event. Throws what has gone wrong.
  bool run_until(const std::function<bool()>& done, Duration at_most);
  /// Runs until an answer has come.
  template <class T, class Ask>
  T answer(const std::string& what, Ask ask);
  void strike();
  void strike(Process& victim, Faults fault);
  void later(std::function<void()> repair);
  bool settled();

  const Exploration& exploration_;
  StreamsConfig config_;
  const Plan& plan_;
  SimWorld sim_;
  SimulatedApp app_;
  SimulatedBroker broker_;
  SimulatedClient client_;
  std::vector<std::unique_ptr<SimulatedWorker>> workers_;
  std::vector<Process*> all_;
  /// What will be repaired when.
  std::multimap<Instant, std::function<void()>> repairs_;
  std::optional<Instant> next_strike_;
  std::optional<std::string> broken_;
  std::string story_;
};

void Run::Inside::tell(const std::string& event) {
  const auto ms = std::chrono::duration<double, std::milli>(sim_.now().time_since_epoch()).count();
  story_ += fmt::format("{:>12.3f} ms  {}\n", ms, event);
}

std::set<std::string> Run::Inside::inputs() const {
  std::set<std::string> topics;
  for (const Subtopology& part : plan_.subtopologies())
    if (!part.global) topics.insert(part.source_topics.begin(), part.source_topics.end());
  return topics;
}

std::set<std::string> Run::Inside::topics_of_the_user() const {
  std::set<std::string> topics = plan_.global_topics();
  for (const Subtopology& part : plan_.subtopologies()) {
    topics.insert(part.source_topics.begin(), part.source_topics.end());
    topics.insert(part.sink_topics.begin(), part.sink_topics.end());
  }
  for (const Subtopology& part : plan_.subtopologies())
    for (const auto& [name, topic] : part.repartition_topics) topics.erase(name);
  return topics;
}

bool Run::Inside::run_until(const std::function<bool()>& done, Duration at_most) {
  const bool came = sim_.run_until(
      [&] {
        for (Process* process : all_) process->turn_if_moved();
        return broken_ || done();
      },
      at_most);
  if (broken_) throw std::runtime_error(*broken_);
  return came;
}

template <class T, class Ask>
T Run::Inside::answer(const std::string& what, Ask ask) {
  // Who breaks off does not wait for the answer, which comes nevertheless.
  const auto given = std::make_shared<std::optional<T>>();
  ask([given](T value) { given->emplace(std::move(value)); });
  // Faults go on striking meanwhile, so it is asked in steps.
  for (const Instant end = sim_.now() + kLivenessMax; !*given && sim_.now() < end;) {
    if (next_strike_) {
      pass(1ms);
    } else {
      run_until([&] { return given->has_value(); }, kLivenessMax);
    }
  }
  if (!*given) throw std::runtime_error(what + ": no answer in " + std::to_string(kLivenessMax / 1s) + " s");
  return std::move(**given);
}

void Run::Inside::begin() {
  broker_.start();
  client_.start();
  const auto made = answer<Status>(
      "making the topics", [&](OneShot<Status> done) { client_.make_topics(topics_of_the_user(), std::move(done)); });
  if (!made) throw std::runtime_error("the topics are not made: " + made.error().message);
  for (auto& worker : workers_) worker->start();
  if (exploration_.faults != kNoFaults) next_strike_ = sim_.now();
}

void Run::Inside::send(const TestRecordBytes& record) {
  const auto sent = answer<Status>("writing to " + record.topic,
                                   [&](OneShot<Status> done) { client_.send(record, std::move(done)); });
  if (!sent) throw std::runtime_error("a record for " + record.topic + " is not written: " + sent.error().message);
}

void Run::Inside::pass(Duration time) {
  const Instant end = sim_.now() + time;
  while (sim_.now() < end) {
    Instant until = end;
    if (next_strike_) until = std::min(until, *next_strike_);
    if (!repairs_.empty()) until = std::min(until, repairs_.begin()->first);
    if (until > sim_.now()) run_until([] { return false; }, until - sim_.now());
    while (!repairs_.empty() && repairs_.begin()->first <= sim_.now()) repairs_.extract(repairs_.begin()).mapped()();
    if (next_strike_ && *next_strike_ <= sim_.now()) strike();
  }
}

void Run::Inside::later(std::function<void()> repair) {
  const auto after = static_cast<Duration::rep>(sim_.random().below(static_cast<std::uint64_t>(kRepairMax / 1ns)));
  repairs_.emplace(sim_.now() + Duration(after), std::move(repair));
}

void Run::Inside::strike() {
  const auto gap = static_cast<std::uint64_t>(2 * Duration(exploration_.strike_every) / 1ns) + 1;
  next_strike_ = sim_.now() + Duration(static_cast<Duration::rep>(sim_.random().below(gap)));
  std::vector<Faults> possible;
  for (const Faults fault : {kCrashes, kPowerLoss, kConnectionCuts, kPauses})
    if (exploration_.faults & fault) possible.push_back(fault);
  const Faults fault = possible[sim_.random().below(possible.size())];
  if (workers_.empty() || sim_.random().chance(30)) return strike(broker_, fault);
  strike(*workers_[sim_.random().below(workers_.size())], fault);
}

void Run::Inside::strike(Process& victim, Faults fault) {
  if (!victim.running()) return;
  const auto starts_later = [&] {
    later([this, &victim] {
      if (victim.running()) return;
      tell(victim.name() + " starts");
      victim.start();
    });
  };
  switch (fault) {
    case kPowerLoss:
      tell(victim.name() + " loses power");
      victim.lose_power();
      return starts_later();
    case kConnectionCuts: {
      Process& other = &victim == &broker_ ? static_cast<Process&>(client_) : broker_;
      if (sim_.random().chance(50)) {
        tell("connections between " + victim.name() + " and " + other.name() + " break");
        return sim_.cut_connections(victim.name(), other.name());
      }
      tell(victim.name() + " and " + other.name() + " do not reach each other");
      sim_.partition(victim.name(), other.name());
      return later([this, &victim, &other] {
        tell(victim.name() + " and " + other.name() + " reach each other again");
        sim_.heal(victim.name(), other.name());
      });
    }
    case kPauses:
      tell(victim.name() + " stands still");
      return victim.sleep(Duration(static_cast<Duration::rep>(
          sim_.random().below(static_cast<std::uint64_t>(Duration(config_.session_timeout_ms) * 2 / 1ns)))));
    default:
      tell(victim.name() + " is killed");
      victim.kill();
      return starts_later();
  }
}

bool Run::Inside::settled() {
  using Partitions = Result<std::set<TopicPartition>>;
  std::set<std::string> topics = topics_of_the_user();
  for (const std::string& topic : inputs()) topics.insert(topic);
  const auto all = answer<Partitions>(
      "asking for partitions", [&](OneShot<Partitions> done) { client_.partitions_of(topics, std::move(done)); });
  if (!all) return false;
  std::set<TopicPartition> read;
  std::set<std::string> there;
  for (const TopicPartition& partition : *all) {
    there.insert(partition.topic);
    if (inputs().contains(partition.topic)) read.insert(partition);
  }
  if (there != topics) return false;  // internal ones are made by the first worker
  const auto done = answer<Result<bool>>("asking whether all is done", [&](OneShot<Result<bool>> reply) {
    client_.ask_settled(*all, read, std::move(reply));
  });
  return done && *done;
}

void Run::Inside::settle() {
  if (next_strike_) tell("calm");
  next_strike_.reset();
  sim_.heal_all();
  for (auto& repair : std::exchange(repairs_, {})) repair.second();
  for (Process* process : all_) process->start();
  const Instant begin = sim_.now();
  while (!settled()) {
    if (sim_.now() - begin > kLivenessMax)
      throw std::runtime_error("the app does not come to rest: inputs stay unread, or a transaction stays open");
    pass(200ms);
  }
  tell("all is done");
}

std::vector<TestRecordBytes> Run::Inside::read(const std::string& topic) {
  using Partitions = Result<std::set<TopicPartition>>;
  using Records = Result<std::vector<TestRecordBytes>>;
  const auto partitions = answer<Partitions>(
      "asking for " + topic, [&](OneShot<Partitions> done) { client_.partitions_of({topic}, std::move(done)); });
  if (!partitions) throw std::runtime_error("topic " + topic + ": " + partitions.error().message);
  if (partitions->empty()) throw std::runtime_error("there is no topic " + topic);
  std::map<TopicPartition, std::int64_t> from;
  for (const TopicPartition& partition : *partitions) from[partition] = 0;
  auto records =
      answer<Records>("reading " + topic, [&](OneShot<Records> done) { client_.read(from, std::move(done)); });
  if (!records) throw std::runtime_error("topic " + topic + " cannot be read: " + records.error().message);
  return std::move(*records);
}

Run::Run(const Plan& plan, const Exploration& exploration, std::uint64_t seed)
    : seed_(seed),
      window_size_ms_(detail::common_window_size_ms(plan)),
      inside_(std::make_unique<Inside>(plan, exploration, seed)) {}

Run::~Run() = default;

void Run::begin() { inside_->begin(); }
void Run::pipe(const TestRecordBytes& record) { inside_->send(record); }
void Run::pass(std::chrono::milliseconds time) { inside_->pass(time); }
void Run::settle() { inside_->settle(); }
std::string Run::story() const { return inside_->story(); }

std::vector<TestRecordBytes> Run::read_committed(const std::string& topic) {
  inside_->settle();
  return inside_->read(topic);
}

void Run::fail(const std::string& why) const { throw std::runtime_error(why); }

std::string Run::describe_last(const std::string& topic) {
  std::map<Bytes, Bytes> last;
  for (const TestRecordBytes& record : inside_->read(topic))
    last[record.key.value_or("")] = record.value.value_or("null");
  std::string text;
  for (const auto& [key, value] : last) text += fmt::format("\n  {:?}: {:?}", key, value);
  return text;
}

void explore(const Topology& topology, const Exploration& exploration, const std::function<void(Run&)>& check) {
  const StreamsConfig config = config_of(exploration);
  const auto plan =
      topology.plan({.application_id = config.application_id,
                     .additional_retention_ms = config.windowstore_changelog_additional_retention_ms.count(),
                     .changes_apart = config.changes_apart()});
  if (!plan) throw Violation("the topology cannot be built: " + plan.error().message);
  if (auto problems = config.problems(); !problems.empty())
    throw Violation(fmt::format("{}", fmt::join(problems, "\n")));
  const std::uint64_t end = exploration.first_seed + static_cast<std::uint64_t>(exploration.seeds);
  for (std::uint64_t seed = exploration.first_seed; seed < end; ++seed) {
    Run run(*plan, exploration, seed);
    try {
      run.begin();
      check(run);
      run.settle();
    } catch (const std::exception& error) {
      throw Violation(
          fmt::format("seed {}: {}\n{}Again: {{.seeds = 1, .first_seed = {}}}", seed, error.what(), run.story(), seed));
    }
  }
}

}  // namespace leat::sim
