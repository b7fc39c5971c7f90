#include "streams/kafka_streams.h"

#include <future>

#include "streams/kafka_streams_running.h"

namespace leat {

namespace {

constexpr std::string_view kVersion = "0.1.0";
constexpr auto kMetricsWait = std::chrono::seconds(5);

}  // namespace

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
                              .on_invalid_timestamp = config_.default_timestamp_extractor,
                              .explicit_naming = config_.ensure_explicit_internal_resource_naming});
  if (plan) {
    plan_ = std::move(*plan);
  } else {
    problems.push_back(plan.error().message);
  }
  if (plan_ && plan_->has_patterns() && config_.group_protocol == GroupProtocol::kStreams)
    problems.push_back(
        "group.protocol=streams: a source reads topics by a pattern, which needs group.protocol=classic");
  if (problems.empty()) return {};
  std::string all = std::to_string(problems.size()) + " problem(s) keep the application from starting:";
  for (const std::string& problem : problems) all += "\n  " + problem;
  return Error{ErrorKind::kInvalidArgument, std::move(all)};
}

Status KafkaStreams::Running::start() {
  const std::lock_guard one_at_a_time(control_);
  if (state() != State::kCreated) return Error{ErrorKind::kInvalidArgument, "an application is started once"};
  LEAT_RETURN_IF_ERROR(check());
  files_world_ = std::make_unique<os::RealWorld>();
  LEAT_ASSIGN_OR_RETURN(directory_, StateDirectory::open(files_world_->world().files, files_world_->world().random,
                                                         config_.state_dir, config_.application_id));
  if (config_.embedded()) {
    LEAT_ASSIGN_OR_RETURN(broker_, EmbeddedBroker::start(config_));
  }
  memory_ = std::make_unique<StateMemory>(static_cast<std::size_t>(config_.rocksdb_block_cache_bytes),
                                          static_cast<std::size_t>(config_.rocksdb_write_buffer_bytes),
                                          config_.rocksdb_options);
  for (int i = 0; i < config_.num_stream_threads; ++i) LEAT_RETURN_IF_ERROR(make_member());
  std::vector<LocalStores::Thread> asked_threads;
  for (auto& member : members_) asked_threads.push_back(asked(*member));
  stores_.open(*plan_, std::move(asked_threads));
  set_state(State::kRebalancing);
  // Others learn the address by joining the group, so it is known before.
  LEAT_RETURN_IF_ERROR(start_query_server());
  for (auto& member : members_) member->thread = make_thread(*member);
  for (auto& member : members_) start_thread(*member);
  return {};
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
  const State now = state();
  client.text("version", "the version of Leat", std::string(kVersion));
  client.text("application-id", "application.id", config_.application_id);
  client.text("state", "the state of the client", std::string(KafkaStreams::name(now)));
  client.gauge("client-state", "the state as a number, as KafkaStreams::State has it", static_cast<double>(now));
  client.gauge("alive-stream-threads", "stream threads that live", static_cast<double>(threads_alive()));
  client.gauge("failed-stream-threads", "stream threads that died of an error", static_cast<double>(threads_failed_));
  client.gauge("recording-level", "0 INFO, 1 DEBUG, 2 TRACE", static_cast<double>(config_.metrics_recording_level));
  if (plan_) client.text("topology-description", "the topology", plan_->description());
  stores_.metrics([all = std::move(all), done = std::move(done)](Result<std::vector<Metric>> threads) mutable {
    if (threads) all.insert(all.end(), threads->begin(), threads->end());
    done(std::move(all));
  });
}

void KafkaStreams::Running::set_state(State now) {
  State before;
  {
    const std::lock_guard lock(mutex_);
    before = state_;
    // What a thread said a moment ago does not call back an end that has begun meanwhile.
    const bool ends = before != State::kCreated && before != State::kRebalancing && before != State::kRunning;
    if (before == now || (ends && (now == State::kRebalancing || now == State::kRunning))) return;
    state_ = now;
  }
  changed_.notify_all();
  if (listener) listener(now, before);
}

bool KafkaStreams::Running::close(const CloseOptions& options) {
  bool own = false;
  {
    const std::lock_guard one_at_a_time(control_);
    const State now = state();
    if (now == State::kCreated || members_.empty()) {
      set_state(State::kNotRunning);
      return true;
    }
    if (now == State::kRunning || now == State::kRebalancing) set_state(State::kPendingShutdown);
    stop_query_server();
    const client::Leaving how =
        options.group_membership == GroupMembershipOperation::kLeaveGroup      ? client::Leaving::kLeave
        : options.group_membership == GroupMembershipOperation::kRemainInGroup ? client::Leaving::kRemain
                                                                               : client::Leaving::kDefault;
    for (auto& member : members_) {
      own |= member->runs_on.load() == os::this_thread_id() && !member->dead();
      member->stop(how);
    }
    // Nobody tells of threads that are gone.
    State next;
    {
      const std::lock_guard lock(mutex_);
      next = state_by_threads();
    }
    set_state(next);
  }
  std::unique_lock lock(mutex_);
  // A stream thread that closes the application cannot wait for itself.
  return changed_.wait_for(lock, own ? std::chrono::milliseconds(0) : options.timeout,
                           [&] { return state_ == State::kNotRunning || state_ == State::kError; });
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
bool KafkaStreams::close(CloseOptions options) { return running_->close(options); }
Result<std::string> KafkaStreams::add_stream_thread() { return running_->add_stream_thread(); }
Result<std::string> KafkaStreams::remove_stream_thread(std::chrono::milliseconds timeout) {
  return running_->remove_stream_thread(timeout);
}
void KafkaStreams::pause() { running_->pause(true); }
void KafkaStreams::resume() { running_->pause(false); }
bool KafkaStreams::is_paused() const { return running_->paused(); }
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

}  // namespace leat
