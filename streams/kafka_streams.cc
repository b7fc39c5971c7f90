#include "streams/kafka_streams.h"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "base/log.h"
#include "base/os/loop_thread.h"
#include "base/os/real_world.h"
#include "base/os/thread.h"
#include "broker/client/client_security.h"
#include "broker/client/tcp_channel.h"
#include "streams/embedded_broker.h"
#include "streams/local_stores.h"
#include "streams/query_server.h"
#include "streams/stream_thread.h"

namespace leat {

namespace {

constexpr std::string_view kVersion = "0.1.0";
constexpr auto kMetricsWait = std::chrono::seconds(5);
constexpr auto kTurnWait = std::chrono::milliseconds(100);
constexpr std::size_t kBlockCacheBytes = 64 * 1024 * 1024;
constexpr std::size_t kWriteBufferBytes = 64 * 1024 * 1024;

}  // namespace

/// Everything of an application that has been started.
class KafkaStreams::Running {
 public:
  Running(Topology topology, StreamsConfig config) : topology_(std::move(topology)), config_(std::move(config)) {}
  ~Running() {
    stop_query_server();
    for (auto& member : members_) member->stop();
    // The threads end first; then the broker, whose last answers go to their loops; then the loops.
    for (auto& member : members_) member->runner.reset();
    broker_.reset();
    members_.clear();
  }

  std::function<void(State, State)> listener;
  std::function<OnUncaught(const Error&)> on_uncaught;
  std::shared_ptr<StateRestoreListener> restore_listener;
  std::shared_ptr<StandbyUpdateListener> standby_listener;

  Status start();
  bool close(std::chrono::milliseconds timeout);
  State state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  Status error() const {
    const std::lock_guard lock(mutex_);
    return error_ ? Status(*error_) : Status();
  }
  std::uint64_t records_processed() const {
    std::uint64_t sum = 0;
    for (const auto& member : members_) sum += member->records_processed.load(std::memory_order_relaxed);
    return sum;
  }
  std::string broker_address() const { return broker_ ? broker_->address() : std::string(); }
  std::string query_address() const { return query_server_ ? query_server_->local().to_string() : std::string(); }
  const StoreAccess& stores() const { return stores_; }
  void metrics(OneShot<Result<std::vector<Metric>>> done) const;

 private:
  /// One stream thread with its world.
  struct Member {
    int index = 0;
    os::RealWorld world;
    std::unique_ptr<wire::Connector> connector;
    std::unique_ptr<StreamThread> thread;
    std::atomic<std::uint64_t> records_processed{0};
    std::unique_ptr<os::Thread> runner;
    std::atomic<std::uint64_t> runs_on{0};
    bool replaced = false;  ///< its thread died, and another is to take its place; guarded by mutex_

    void stop() {
      world.loop().post([this] { thread->close(); });
    }
  };

  Status check();
  Status start_query_server();
  void stop_query_server() {
    if (query_server_) query_thread_->run([this] { query_server_.reset(); });
  }
  bool lives(const Member& member) const {
    const std::lock_guard lock(mutex_);
    return thread_states_[static_cast<std::size_t>(member.index)] != StreamThread::State::kDead;
  }
  /// While nothing can be asked: why.
  Status check_running() const;
  LocalStores::Thread asked(Member& member) const;
  std::unique_ptr<StreamThread> make_thread(Member& member);
  void run(Member& member);
  bool replace(Member& member);
  void on_thread_state(int thread, StreamThread::State now);
  void set_state(State now);

  Topology topology_;
  StreamsConfig config_;
  std::optional<Plan> plan_;
  std::unique_ptr<os::RealWorld> files_world_;
  std::unique_ptr<EmbeddedBroker> broker_;
  std::unique_ptr<StateDirectory> directory_;
  std::unique_ptr<StateMemory> memory_;
  std::vector<std::unique_ptr<Member>> members_;
  LocalStores stores_{[this] { return check_running(); }};
  std::unique_ptr<os::LoopThread> query_thread_;
  std::unique_ptr<QueryServer> query_server_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kCreated;
  std::vector<StreamThread::State> thread_states_;
  std::atomic<std::uint64_t> threads_failed_{0};
  std::optional<Error> error_;
};

std::string_view KafkaStreams::name(State state) {
  switch (state) {
    case State::kCreated: return "CREATED";
    case State::kRebalancing: return "REBALANCING";
    case State::kRunning: return "RUNNING";
    case State::kPendingShutdown: return "PENDING_SHUTDOWN";
    case State::kNotRunning: return "NOT_RUNNING";
    case State::kPendingError: return "PENDING_ERROR";
    case State::kError: return "ERROR";
  }
  return "UNKNOWN";
}

Status KafkaStreams::Running::check() {
  std::vector<std::string> problems = config_.problems();
  if (config_.optimize_topology && topology_.optimized() == false)
    problems.push_back(
        "topology.optimization=all: a topology is optimised when it is built, so the builder must know of it: "
        "leat::StreamsBuilder builder{{.optimize = true}}");
  auto plan = topology_.plan({.application_id = config_.application_id,
                              .additional_retention_ms = config_.windowstore_changelog_additional_retention_ms.count(),
                              .changes_apart = config_.changes_apart(),
                              .explicit_naming = config_.ensure_explicit_internal_resource_naming});
  if (plan) {
    plan_ = std::move(*plan);
  } else {
    problems.push_back(plan.error().message);
  }
  if (plan_)
    for (const Subtopology& each : plan_->subtopologies())
      for (const std::string& pattern : each.source_patterns)
        problems.push_back("a source reads topics by the pattern '" + pattern +
                           "': that works in the test driver only; name the topics, stream<K, V>({\"a\", \"b\"})");
  if (problems.empty()) return {};
  std::string all = std::to_string(problems.size()) + " problem(s) keep the application from starting:";
  for (const std::string& problem : problems) all += "\n  " + problem;
  return Error{ErrorKind::kInvalidArgument, std::move(all)};
}

Status KafkaStreams::Running::start() {
  if (state() != State::kCreated) return Error{ErrorKind::kInvalidArgument, "an application is started once"};
  LEAT_RETURN_IF_ERROR(check());
  files_world_ = std::make_unique<os::RealWorld>();
  LEAT_ASSIGN_OR_RETURN(directory_, StateDirectory::open(files_world_->world().files, files_world_->world().random,
                                                         config_.state_dir, config_.application_id));
  if (config_.embedded()) {
    LEAT_ASSIGN_OR_RETURN(broker_, EmbeddedBroker::start(config_));
  }
  memory_ = std::make_unique<StateMemory>(kBlockCacheBytes, kWriteBufferBytes);
  thread_states_.assign(static_cast<std::size_t>(config_.num_stream_threads), StreamThread::State::kStarting);
  for (int i = 0; i < config_.num_stream_threads; ++i) {
    auto member = std::make_unique<Member>();
    member->index = i;
    if (broker_) {
      member->connector = std::make_unique<server::LoopbackConnector>(member->world.loop(), broker_->port());
    } else {
      LEAT_ASSIGN_OR_RETURN(const auto security, client::read_client_security(config_.security()));
      LEAT_ASSIGN_OR_RETURN(member->connector, client::make_connector(member->world.world(), security));
    }
    members_.push_back(std::move(member));
  }
  std::vector<LocalStores::Thread> asked_threads;
  for (auto& member : members_) asked_threads.push_back(asked(*member));
  stores_.open(*plan_, std::move(asked_threads));
  set_state(State::kRebalancing);
  // Others learn the address by joining the group, so it is known before.
  LEAT_RETURN_IF_ERROR(start_query_server());
  for (auto& member : members_) member->thread = make_thread(*member);
  for (std::size_t i = 0; i < members_.size(); ++i) {
    Member& member = *members_[i];
    member.runner =
        std::make_unique<os::Thread>("leat-stream-" + std::to_string(i + 1), [this, &member] { run(member); });
  }
  return {};
}

std::unique_ptr<StreamThread> KafkaStreams::Running::make_thread(Member& member) {
  StreamThread::Process process{config_,
                                *plan_,
                                *directory_,
                                [this](const std::string& where) { return StateBackend::open(where, *memory_); },
                                [this](int thread, StreamThread::State now) { on_thread_state(thread, now); },
                                restore_listener.get(),
                                standby_listener.get()};
  return std::make_unique<StreamThread>(member.world.world(), *member.connector, std::move(process), member.index);
}

void KafkaStreams::Running::run(Member& member) {
  member.runs_on = os::this_thread_id();
  do {
    const std::uint64_t before = member.records_processed.load(std::memory_order_relaxed);
    member.thread->start();
    while (member.thread->state() != StreamThread::State::kDead) {
      member.thread->run_once(kTurnWait);
      member.records_processed.store(before + member.thread->records_processed(), std::memory_order_relaxed);
    }
  } while (replace(member));
}

/// Whether a new thread has taken the place of the one that died.
bool KafkaStreams::Running::replace(Member& member) {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(member.replaced, false)) return false;
  }
  member.thread = make_thread(member);
  return true;
}

/// Queries need a loop of their own: they wait for those of the stream threads.
Status KafkaStreams::Running::start_query_server() {
  if (config_.application_server.empty()) return {};
  const auto at = HostInfo::parse(config_.application_server);
  if (!at)
    return Error{ErrorKind::kInvalidArgument, "application.server=" + config_.application_server +
                                                  ": host:port is needed, such as 127.0.0.1:7070 (port 0 takes any)"};
  QueryServer::Application application{
      .id = config_.application_id,
      .plan = *plan_,
      .stores = stores_,
      .state = [this] { return std::string(name(state())); },
      .healthy = [this] { return check_running().ok(); },
      .ready = [this] { return state() == State::kRunning; },
      .metrics = [this](OneShot<Result<std::vector<Metric>>> done) { metrics(std::move(done)); },
  };
  query_thread_ = std::make_unique<os::LoopThread>("leat-query", Duration::zero());
  Status started;
  query_thread_->run([&] {
    auto server = QueryServer::listen(query_thread_->world(), {at->host, static_cast<std::uint16_t>(at->port)},
                                      std::move(application));
    if (!server) {
      started = server.error().in("application.server=" + config_.application_server);
      return;
    }
    query_server_ = std::move(*server);
  });
  LEAT_RETURN_IF_ERROR(started);
  config_.application_server = query_server_->local().to_string();
  // Where `query` of the command line finds it.
  return write_file_atomically(files_world_->world().files, query_address_file(config_.state_dir),
                               config_.application_server + "\n");
}

Status KafkaStreams::Running::check_running() const {
  const State now = state();
  if (now == State::kRunning || now == State::kRebalancing) return {};
  return Error{ErrorKind::kUnavailable, "the application is " + std::string(name(now)) +
                                            "; its stores can be asked while it is REBALANCING or RUNNING"};
}

LocalStores::Thread KafkaStreams::Running::asked(Member& member) const {
  return {[this, &member](Loop::Task task) {
            if (!lives(member)) return false;
            // A question of the thread's own cannot wait for its next turn.
            const bool own = member.runs_on.load() == os::this_thread_id();
            own ? task() : member.world.loop().post(std::move(task));
            return true;
          },
          [&member]() -> StreamThread& { return *member.thread; }};
}

/// Those of the client, and behind them those of the threads that live.
void KafkaStreams::Running::metrics(OneShot<Result<std::vector<Metric>>> done) const {
  std::vector<Metric> all;
  MetricGroup client(all, "stream-metrics", {{"client-id", config_.client_name()}});
  const auto set_apart = [&] {
    const std::lock_guard lock(mutex_);
    return std::count(thread_states_.begin(), thread_states_.end(), StreamThread::State::kDead);
  };
  const State now = state();
  const auto dead = set_apart();
  client.text("version", "the version of Leat", std::string(kVersion));
  client.text("application-id", "application.id", config_.application_id);
  client.text("state", "the state of the client", std::string(KafkaStreams::name(now)));
  client.gauge("client-state", "the state as a number, as KafkaStreams::State has it", static_cast<double>(now));
  client.gauge("alive-stream-threads", "stream threads that live",
               static_cast<double>(static_cast<std::ptrdiff_t>(members_.size()) - dead));
  client.gauge("failed-stream-threads", "stream threads that died of an error", static_cast<double>(threads_failed_));
  client.gauge("recording-level", "0 INFO, 1 DEBUG, 2 TRACE", static_cast<double>(config_.metrics_recording_level));
  if (plan_) client.text("topology-description", "the topology", plan_->description());
  stores_.metrics([all = std::move(all), done = std::move(done)](Result<std::vector<Metric>> threads) mutable {
    if (threads) all.insert(all.end(), threads->begin(), threads->end());
    done(std::move(all));
  });
}

void KafkaStreams::Running::on_thread_state(int thread, StreamThread::State now) {
  const auto index = static_cast<std::size_t>(thread);
  // The thread that died is the one that calls.
  const std::optional<Error> why =
      now == StreamThread::State::kDead ? members_[index]->thread->error() : std::optional<Error>();
  bool replaces = false;
  if (why) {
    ++threads_failed_;
    log_line(LogLevel::kError, "streams", "a stream thread died",
             {{"thread", std::to_string(thread + 1)}, {"why", why->message}});
    replaces = on_uncaught && on_uncaught(*why) == OnUncaught::kReplaceThread;
  }
  State next;
  {
    const std::lock_guard lock(mutex_);
    const auto all = [&](StreamThread::State state) {
      return std::all_of(thread_states_.begin(), thread_states_.end(), [&](auto each) { return each == state; });
    };
    replaces = replaces && !error_ && state_ != State::kPendingShutdown;
    members_[index]->replaced = replaces;
    thread_states_[index] = replaces ? StreamThread::State::kStarting : now;
    if (why && !replaces) {
      error_ = why;
      // Kafka's default: the client shuts down.
      for (auto& member : members_) member->stop();
    }
    if (all(StreamThread::State::kDead)) {
      next = error_ ? State::kError : State::kNotRunning;
    } else if (error_) {
      next = State::kPendingError;
    } else if (state_ == State::kPendingShutdown) {
      next = State::kPendingShutdown;
    } else {
      next = all(StreamThread::State::kRunning) ? State::kRunning : State::kRebalancing;
    }
  }
  set_state(next);
}

void KafkaStreams::Running::set_state(State now) {
  State before;
  {
    const std::lock_guard lock(mutex_);
    before = state_;
    if (before == now) return;
    state_ = now;
  }
  changed_.notify_all();
  if (listener) listener(now, before);
}

bool KafkaStreams::Running::close(std::chrono::milliseconds timeout) {
  const State now = state();
  if (now == State::kCreated || members_.empty()) {
    set_state(State::kNotRunning);
    return true;
  }
  if (now == State::kRunning || now == State::kRebalancing) set_state(State::kPendingShutdown);
  stop_query_server();
  for (auto& member : members_) member->stop();
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return state_ == State::kNotRunning || state_ == State::kError; });
}

KafkaStreams::KafkaStreams(Topology topology, StreamsConfig config)
    : running_(std::make_unique<Running>(std::move(topology), std::move(config))) {}
KafkaStreams::~KafkaStreams() = default;

void KafkaStreams::set_state_listener(std::function<void(State, State)> listener) {
  running_->listener = std::move(listener);
}
void KafkaStreams::set_uncaught_exception_handler(std::function<OnUncaught(const Error&)> handler) {
  running_->on_uncaught = std::move(handler);
}
void KafkaStreams::set_global_state_restore_listener(std::shared_ptr<StateRestoreListener> listener) {
  running_->restore_listener = std::move(listener);
}
void KafkaStreams::set_standby_update_listener(std::shared_ptr<StandbyUpdateListener> listener) {
  running_->standby_listener = std::move(listener);
}
std::string KafkaStreams::query_address() const { return running_->query_address(); }
Status KafkaStreams::start() { return running_->start(); }
bool KafkaStreams::close(std::chrono::milliseconds timeout) { return running_->close(timeout); }
KafkaStreams::State KafkaStreams::state() const { return running_->state(); }
Status KafkaStreams::error() const { return running_->error(); }
std::uint64_t KafkaStreams::records_processed() const { return running_->records_processed(); }
std::vector<Metric> KafkaStreams::metrics() const {
  auto answer = std::make_shared<std::promise<std::vector<Metric>>>();
  auto answered = answer->get_future();
  running_->metrics([answer](Result<std::vector<Metric>> metrics) { answer->set_value(std::move(metrics).value()); });
  if (answered.wait_for(kMetricsWait) == std::future_status::ready) return answered.get();
  return {};
}
std::string KafkaStreams::broker_address() const { return running_->broker_address(); }
const StoreAccess& KafkaStreams::access() const { return running_->stores(); }

Result<std::vector<StreamsMetadata>> KafkaStreams::metadata_for_all_streams_clients() const {
  LEAT_ASSIGN_OR_RETURN(const WhereaboutsPtr where, access().whereabouts_and_wait());
  return where->all();
}
Result<std::vector<StreamsMetadata>> KafkaStreams::streams_metadata_for_store(const std::string& store) const {
  LEAT_ASSIGN_OR_RETURN(const WhereaboutsPtr where, access().whereabouts_and_wait());
  LEAT_RETURN_IF_ERROR(where->check_store(store));
  return where->for_store(store);
}
Result<KeyQueryMetadata> KafkaStreams::metadata_for_key_bytes(const std::string& store, BytesView key) const {
  LEAT_ASSIGN_OR_RETURN(const WhereaboutsPtr where, access().whereabouts_and_wait());
  return where->for_key(store, key);
}
Result<KeyQueryMetadata> KafkaStreams::query_metadata_for_partition(const std::string& store,
                                                                    std::int32_t partition) const {
  LEAT_ASSIGN_OR_RETURN(const WhereaboutsPtr where, access().whereabouts_and_wait());
  return where->for_partition(store, partition);
}
Result<StoreLags> KafkaStreams::all_local_store_partition_lags() const { return access().lags_and_wait(); }

}  // namespace leat
