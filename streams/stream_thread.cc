// The turns of a stream thread and its commits; tasks and rebalances are in stream_thread_tasks.cc.
#include "streams/stream_thread.h"

#include <algorithm>

#include "base/iso_duration.h"
#include "base/log.h"
#include "broker/client/offsets.h"
#include "streams/broker_assigned_membership.h"
#include "streams/classic_membership.h"

namespace leat {

namespace {

constexpr int kRecordsPerTurn = 4096;
constexpr auto kTurnMax = std::chrono::milliseconds(5);
/// While no task runs.
constexpr auto kRestoreTurnMax = std::chrono::milliseconds(50);
constexpr auto kCloseDeadline = std::chrono::seconds(10);
/// The group waits for its leader meanwhile.
constexpr auto kEndsDeadline = std::chrono::seconds(5);
constexpr auto kLeaveDeadline = std::chrono::milliseconds(500);
/// A member that begins anew without having left is waited for by the group, and so is its successor, for a session.
constexpr auto kLeaveToBeginAnewDeadline = std::chrono::seconds(5);
/// For the word that all shall shut down to get around.
constexpr auto kTellDeadline = std::chrono::seconds(10);
/// Kafka's max.block.ms.
constexpr Duration kLookUpMax = std::chrono::seconds(60);
constexpr std::string_view kByDuration = "by_duration:";

/// A broker that went away in the middle of something: what was under way is tried anew.
bool is_passing(const Error& error) {
  return error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kTimeout || error.kind == ErrorKind::kClosed;
}

bool ends_membership(const Error& error) {
  return error.kind == ErrorKind::kFenced ||
         error.kafka_code == static_cast<int>(wire::ErrorCode::kIllegalGeneration) ||
         error.kafka_code == static_cast<int>(wire::ErrorCode::kUnknownMemberId) ||
         error.kafka_code == static_cast<int>(wire::ErrorCode::kStaleMemberEpoch) ||
         error.kafka_code == static_cast<int>(wire::ErrorCode::kRebalanceInProgress) ||
         error.kafka_code == static_cast<int>(wire::ErrorCode::kInvalidTxnState) ||
         error.kafka_code == static_cast<int>(wire::ErrorCode::kTransactionAbortable) ||
         error.kafka_code == static_cast<int>(wire::ErrorCode::kInvalidProducerIdMapping) ||
         error.kafka_code == static_cast<int>(wire::ErrorCode::kOutOfOrderSequenceNumber) ||
         error.kafka_code == static_cast<int>(wire::ErrorCode::kUnknownProducerId);
}

}  // namespace

StreamThread::StreamThread(World world, wire::Connector& connector, Process process, int index)
    : world_(world),
      connector_(connector),
      process_(std::move(process)),
      config_(process_.config),
      index_(index),
      metrics_(config_, index, world.loop.now(), world.loop.wall_clock_ms()) {
  app_configs_ = std::make_shared<const std::map<std::string, std::string>>(config_.app_configs());
  share_memory(config_.num_stream_threads);
}

void StreamThread::share_memory(int threads) {
  threads_ = threads;
  cache_budget_.bytes_max = config_.statestore_cache_max_bytes / threads;
}

StreamThread::~StreamThread() {
  alive_.reset();
  membership_.reset();
  committer_.reset();
  restorer_.reset();
  standby_updater_.reset();
  standbys_.clear();
  tasks_.clear();
  global_.reset();
}

void StreamThread::set_state(State state) {
  if (state == state_) return;
  state_ = state;
  if (process_.on_state) process_.on_state(index_, state);
}

std::vector<Task*> StreamThread::tasks() {
  std::vector<Task*> running;
  for (auto& [id, each] : tasks_)
    if (each.restored) running.push_back(each.task.get());
  return running;
}

void StreamThread::make_clients() {
  // Those of a start that found no broker, from the last one to the first.
  committer_.reset();
  standby_updater_.reset();
  restorer_.reset();
  collector_.reset();
  fetcher_.reset();
  producer_.reset();
  const auto bootstrap = config_.embedded() ? Result<std::vector<Endpoint>>(std::vector<Endpoint>{{"embedded", 1}})
                                            : client::parse_bootstrap_servers(config_.bootstrap_servers);
  if (!bootstrap) return die(bootstrap.error());
  const std::string client_id = ThreadMetrics::thread_id(config_, index_);
  cluster_ = std::make_unique<client::Cluster>(world_, connector_,
                                               client::ClusterConfig{.bootstrap = *bootstrap, .client_id = client_id});
  client::ProducerConfig producing;
  producing.linger = config_.linger_ms;
  producing.batch_bytes = static_cast<std::size_t>(config_.batch_size);
  producing.buffer_bytes = static_cast<std::size_t>(config_.buffer_memory);
  producing.codec = *wire::parse_codec(config_.compression_type);
  producing.delivery_timeout = config_.delivery_timeout_ms;
  if (config_.exactly_once()) {
    producing.transactional_id =
        config_.application_id + "-" + process_.directory.process_id().to_string() + "-" + std::to_string(index_ + 1);
    producing.transaction_timeout_ms = static_cast<std::int32_t>(config_.transaction_timeout_ms.count());
  }
  producer_ = std::make_unique<client::Producer>(*cluster_, producing);
  client::FetcherConfig fetching;
  fetching.read_committed = config_.exactly_once();
  fetching.reset = config_.auto_offset_reset == "earliest" ? client::OffsetReset::kEarliest
                   : config_.auto_offset_reset == "latest" ? client::OffsetReset::kLatest
                   : config_.auto_offset_reset == "none"
                       ? client::OffsetReset(client::OffsetReset::kNone)
                       : client::OffsetReset(client::OffsetReset::kByDuration,
                                             *parse_iso_duration(config_.auto_offset_reset.substr(kByDuration.size())));
  fetching.partition_bytes_max = config_.max_partition_fetch_bytes;
  fetching.bytes_max = config_.fetch_max_bytes;
  fetcher_ = std::make_unique<client::Fetcher>(*cluster_, fetching);
  collector_ = std::make_unique<TopicCollector>(
      world_.loop, *producer_, config_.handlers(),
      config_.exactly_once() ? std::min<Duration>(kLookUpMax, config_.transaction_timeout_ms / 2) : kLookUpMax);
  const auto uncommitted_max = config_.statestore_uncommitted_max_bytes < 0
                                   ? std::size_t(-1)
                                   : static_cast<std::size_t>(config_.statestore_uncommitted_max_bytes);
  restorer_ = std::make_unique<Restorer>(*cluster_, config_.exactly_once(), uncommitted_max, process_.restore_listener);
  standby_updater_ =
      std::make_unique<StandbyUpdater>(*cluster_, StandbyUpdater::Options{.read_committed = config_.exactly_once(),
                                                                          .uncommitted_bytes_max = uncommitted_max,
                                                                          .install_every = config_.commit_interval(),
                                                                          .listener = process_.standby_listener});
  committer_ = std::make_unique<Committer>(*cluster_, *producer_, *collector_, config_.exactly_once(),
                                           config_.delivery_timeout_ms);
  outputs_ready_ = false;
  transactions_ready_ = false;
}

void StreamThread::start() {
  last_commit_ = last_purge_ = world_.loop.now();
  purging_ = false;
  make_clients();
  if (state_ == State::kDead) return;
  // Under the streams protocol the broker makes the internal topics.
  const auto look = config_.group_protocol == GroupProtocol::kClassic ? prepare_topics : find_source_topics;
  look(*cluster_, process_.plan, config_,
       [this, alive = std::weak_ptr<bool>(alive_), start = ++starts_](Result<PartitionCounts> counts) {
         if (alive.expired() || start != starts_ || state_ == State::kDead) return;
         if (!counts) {
           if (!is_passing(counts.error())) return die(counts.error());
           log_line(LogLevel::kWarn, "streams", "the broker cannot be reached; trying again",
                    {{"why", counts.error().message}});
           constexpr auto kAgain = std::chrono::seconds(1);
           // Without a broker nobody makes progress.
           if (stalled_since_) *stalled_since_ += kAgain;
           world_.loop.call_at(world_.loop.now() + kAgain, [this, alive, start] {
             if (!alive.expired() && start == starts_ && state_ == State::kStarting) this->start();
           });
           return;
         }
         start_global(*counts);
       });
}

/// Global stores are complete before the first task is.
void StreamThread::start_global(const PartitionCounts& counts) {
  partition_counts_ = counts;
  whereabouts_.reset();
  if (!process_.plan.has_global()) return make_member();
  auto backend = open_global_state();
  if (!backend) return die(backend.error().in("the global stores cannot be opened"));
  global_ = std::make_unique<GlobalState>(*cluster_, process_.plan, task_options(), std::move(*backend),
                                          config_.commit_interval(),
                                          // Every thread has the global stores, and one speaks for all.
                                          index_ == 0 ? process_.restore_listener : nullptr);
  global_->start(counts, [this, alive = std::weak_ptr<bool>(alive_), start = starts_](Status ready) {
    if (alive.expired() || start != starts_ || state_ == State::kDead) return;
    if (!ready) return fail(ready.error());
    make_member();
  });
}

void StreamThread::make_member() {
  if (process_.plan.has_patterns()) topics_due_ = world_.loop.now() + config_.metadata_max_age_ms;
  membership_ = config_.group_protocol == GroupProtocol::kClassic
                    ? classic_membership()
                    : std::make_unique<BrokerAssignedMembership>(*cluster_, process_.plan, config_,
                                                                 process_.directory.process_id(), *this);
  membership_->start();
}

std::unique_ptr<ThreadMembership> StreamThread::classic_membership() {
  StreamsAssignor::Thread asked;
  asked.prepare_topics = [this](OneShot<Result<PartitionCounts>> done) {
    prepare_topics(*cluster_, process_.plan, config_, std::move(done));
  };
  asked.changelog_ends = [this](std::set<TopicPartition> changelogs, OneShot<Result<StreamsAssignor::Ends>> done) {
    constexpr std::int64_t kLatest = -1;
    constexpr bool kDecidedOnly = false;
    client::list_offsets(*cluster_, std::move(changelogs), kLatest, kDecidedOnly, world_.loop.now() + kEndsDeadline,
                         std::move(done));
  };
  asked.task_offsets = [this] { return task_offsets(); };
  asked.wall_clock_ms = [this] { return world_.loop.wall_clock_ms(); };
  asked.racks_of = [this](const TopicPartition& partition) { return cluster_->racks_of(partition); };
  StreamsAssignor::Options options{process_.directory.process_id(),
                                   config_.application_server,
                                   config_.num_standby_replicas,
                                   config_.acceptable_recovery_lag,
                                   config_.max_warmup_replicas,
                                   config_.probing_rebalance_interval_ms.count(),
                                   config_.client_tags,
                                   config_.rack_aware_assignment_tags,
                                   config_.rack_aware_assignment_strategy,
                                   config_.rack_aware_assignment_traffic_cost,
                                   config_.rack_aware_assignment_non_overlap_cost};
  return std::make_unique<ClassicMembership>(*cluster_, process_.plan, config_, index_, std::move(options),
                                             topics_read(), std::move(asked), *this);
}

void StreamThread::run_once(Duration wait_at_most) {
  if (state_ == State::kDead) return;
  bool busy = world_.loop.run_once(Duration::zero()) > 0;
  busy |= turn();
  if (!busy && state_ != State::kDead) world_.loop.run_once(wait_at_most);
}

bool StreamThread::turn() {
  if (state_ == State::kDead) return false;
  turn_metrics();
  bool busy = restorer_ && !paused() && restorer_->run(any_task_runs() ? kTurnMax : kRestoreTurnMax) > 0;
  if (global_ && state_ != State::kClosing) {
    const auto read = global_->turn();
    if (!read) return fail(read.error()), true;
    busy |= *read;
  }
  if (begin_anew_wanted_) begin_anew();
  if (state_ == State::kDead) return false;
  if (const auto error = membership_ ? membership_->error() : std::nullopt) return fail(*error), true;
  if (obey()) return true;
  look_for_new_topics();
  follow_assignment();
  if (standby_updater_ && state_ != State::kClosing && !standbys_.empty() && !paused()) {
    const auto read = standby_updater_->turn();
    if (!read) return fail(read.error()), true;
    busy |= *read;
  }
  if (fetcher_ && state_ != State::kClosing) {
    for (const Error& error : fetcher_->take_errors()) return fail(error), true;
    take_batches();
    if (committer_ && committer_->running() && !uncommitted_full_ && !paused()) busy |= process_some();
    if (state_ != State::kDead && !begin_anew_wanted_) maybe_commit();
  }
  return busy;
}

bool StreamThread::any_task_runs() const {
  return std::any_of(tasks_.begin(), tasks_.end(), [](const auto& each) { return each.second.restored; });
}

void StreamThread::take_batches() {
  const auto wants = [this](const TopicPartition& partition) {
    const auto task = task_of_.find(partition);
    if (task == task_of_.end()) return false;
    const auto running = tasks_.find(task->second);
    return running != tasks_.end() && running->second.restored &&
           running->second.task->buffered(partition) < config_.buffered_records_per_partition;
  };
  const Instant began = world_.loop.now();
  std::int64_t records = 0;
  for (const client::FetchedBatch& batch : fetcher_->take(wants)) {
    records += batch.batch.record_count();
    Task& task = *tasks_.at(task_of_.at(batch.partition)).task;
    const auto added = task.add_batch(batch.partition, batch.batch, batch.block, batch.from);
    if (!added) return fail(added.error());
  }
  for (auto& [id, running] : tasks_) {
    if (!running.restored) continue;
    for (const TopicPartition& partition : running.partitions)
      if (const auto position = fetcher_->position(partition); position && fetcher_->end_offset(partition) >= 0)
        running.task->set_position(partition, *position,
                                   std::max<std::int64_t>(0, fetcher_->end_offset(partition) - *position));
  }
  metrics_.polled(world_.loop.now() - began, records);
}

bool StreamThread::process_some() {
  send_global_dead_letters();
  if (state_ == State::kDead || collector_->waiting()) return false;
  bool any = false;
  const Instant until = world_.loop.now() + kTurnMax;
  do {
    bool this_round = false;
    for (auto& [id, running] : tasks_) {
      if (!running.restored) continue;
      Task& task = *running.task;
      if (!producer_->full() && task.has_records() && task.ready(world_.loop.wall_clock_ms())) {
        committer_->ensure_transaction();
        const Instant began = world_.loop.now();
        auto processed = task.process(kRecordsPerTurn);
        if (!processed) return fail(processed.error()), true;
        records_processed_ += static_cast<std::uint64_t>(*processed);
        note_processed(task, world_.loop.now() - began, *processed);
        this_round |= *processed > 0;
      }
      const Instant before_timers = world_.loop.now();
      bool any_fired = false;
      for (auto fired : {task.punctuate_stream_time(), task.punctuate_wall_clock()}) {
        if (!fired) return fail(fired.error()), true;
        any_fired |= *fired;
        if (*fired) committer_->ensure_transaction();
      }
      if (any_fired) note_punctuated(task, world_.loop.now() - before_timers);
    }
    if (!this_round) break;
    any = true;
  } while (world_.loop.now() < until && !collector_->waiting());
  fail_on_outputs();
  return any;
}

/// Every thread has the global stores, and one speaks for all.
void StreamThread::send_global_dead_letters() {
  if (!global_ || global_->dead_letters().empty()) return;
  if (index_ != 0) return global_->dead_letters().clear();
  if (!outputs_ready_) {
    if (!outputs_wanted_.empty()) return;
    return prepare_outputs([this, alive = std::weak_ptr<bool>(alive_)](Status ready) {
      if (!alive.expired() && !ready && ready.error().kind != ErrorKind::kClosed) fail(ready.error());
    });
  }
  committer_->ensure_transaction();
  global_->dead_letters().send_to(*collector_);
  dead_letters_uncommitted_ = true;
}

void StreamThread::fail_on_outputs() {
  if (collector_->error()) return fail(*collector_->error());
  if (producer_->error()) fail(*producer_->error());
}

void StreamThread::maybe_commit() {
  if (!committer_ || !committer_->running() || (tasks_.empty() && !dead_letters_uncommitted_)) return;
  uncommitted_full_ = false;
  bool due = world_.loop.now() - last_commit_ >= config_.commit_interval();
  bool needed = dead_letters_uncommitted_;
  std::size_t uncommitted = 0;
  for (auto& [id, running] : tasks_) {
    if (!running.restored) continue;
    needed |= running.task->commit_needed();
    due |= running.task->commit_requested();
    uncommitted += running.task->state().uncommitted_bytes();
  }
  const std::int64_t bound = config_.statestore_uncommitted_max_bytes / threads_;
  const bool full = bound >= 0 && static_cast<std::int64_t>(uncommitted) > bound;
  if (!due && !full) return;
  // As in Kafka Streams: a commit in the middle of a rebalance would carry a generation that may just have ended.
  if (!membership_->stable()) {
    uncommitted_full_ = full;
    return;
  }
  last_commit_ = world_.loop.now();
  if (!needed) return;
  commit([this](Status status) {
    if (!status) fail(status.error());
  });
}

void StreamThread::commit(OneShot<Status> done) {
  std::vector<Task*> committing;
  for (auto& [id, running] : tasks_)
    if (running.restored && running.task->commit_needed()) committing.push_back(running.task.get());
  if (committing.empty() && !std::exchange(dead_letters_uncommitted_, false)) return done({});
  dead_letters_uncommitted_ = false;
  committer_->commit(std::move(committing), membership_->identity(),
                     [this, began = world_.loop.now(), done = std::move(done)](Status status) mutable {
                       last_commit_ = world_.loop.now();
                       metrics_.committed(last_commit_ - began);
                       if (status) {
                         stalled_since_.reset();
                         maybe_purge();
                       }
                       done(std::move(status));
                       run_settled();
                     });
}

/// As Kafka Streams does, and no more than once at a time: what is behind the commit nobody reads again.
void StreamThread::maybe_purge() {
  const Instant now = world_.loop.now();
  if (purging_ || now - last_purge_ < config_.repartition_purge_interval_ms) return;
  std::map<TopicPartition, std::int64_t> before;
  for (const auto& [id, running] : tasks_) {
    if (!running.restored) continue;
    for (const Subtopology& each : process_.plan.subtopologies())
      if (each.id == id.subtopology)
        for (const auto& [partition, committed] : running.task->committable())
          if (each.repartition_topics.contains(partition.topic)) before[partition] = committed.offset;
  }
  if (before.empty()) return;
  last_purge_ = now;
  purging_ = true;
  client::delete_records(*cluster_, before,
                         [this, alive = std::weak_ptr<bool>(alive_), start = starts_](Status status) {
                           if (alive.expired() || start != starts_) return;
                           purging_ = false;
                           if (!status)
                             log_line(LogLevel::kDebug, "streams", "repartition topics are purged later",
                                      {{"why", status.error().message}});
                         });
}

/// Runs `task` when no commit is under way.
void StreamThread::when_settled(Loop::Task task) {
  if (!committer_ || committer_->running() || committer_->state() == Committer::State::kFailed) return task();
  settled_.push_back(std::move(task));
}

void StreamThread::run_settled() {
  // From the loop: the committer is in the middle of its last step.
  world_.loop.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired() || settled_.empty()) return;
    Loop::Task task = std::move(settled_.front());
    settled_.pop_front();
    when_settled(std::move(task));
    run_settled();
  });
}

void StreamThread::close(client::Leaving how) {
  if (state_ == State::kClosing || state_ == State::kDead) return;
  set_state(State::kClosing);
  // Whatever hangs (a broker that is gone), closing ends.
  world_.loop.call_at(world_.loop.now() + kCloseDeadline, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired() && state_ == State::kClosing) die(std::nullopt);
  });
  when_settled([this, how] {
    auto left = [this](Status) { die(std::nullopt); };
    auto leave = [this, left, how](Status committed) {
      if (!committed)
        log_line(LogLevel::kWarn, "streams", "the last commit failed; its records will be processed again",
                 {{"why", committed.error().message}});
      close_tasks([](const TaskId&) { return true; });
      close_standbys();
      if (!membership_) return die(std::nullopt);
      membership_->leave(how, left);
    };
    if (!committer_ || !committer_->running() || !membership_) return leave({});
    commit(std::move(leave));
  });
}

void StreamThread::fail(Error why) {
  if (state_ == State::kDead || state_ == State::kClosing) return;
  if (!ends_membership(why) && !is_passing(why)) return die(std::move(why));
  if (is_passing(why)) {
    if (!stalled_since_) stalled_since_ = world_.loop.now();
    if (world_.loop.now() - *stalled_since_ >= config_.task_timeout_ms)
      return die(Error{ErrorKind::kTimeout, "the tasks did not make progress within task.timeout.ms (" +
                                                std::to_string(config_.task_timeout_ms.count()) + "): " + why.message});
  }
  log_line(LogLevel::kWarn, "streams", "tasks begin anew from what is committed",
           {{"thread", std::to_string(index_ + 1)}, {"why", why.message}});
  begin_anew_wanted_ = true;
}

/// New clients and a new membership: what the old ones had under way is fenced or aborted by that.
void StreamThread::begin_anew() {
  begin_anew_wanted_ = false;
  ++starts_;
  outputs_wanted_.clear();
  close_tasks([](const TaskId&) { return true; });
  close_standbys();
  settled_.clear();
  global_.reset();
  committer_.reset();
  restorer_.reset();
  standby_updater_.reset();
  collector_.reset();
  fetcher_.reset();
  producer_.reset();
  uncommitted_full_ = false;
  dead_letters_uncommitted_ = false;
  set_state(State::kStarting);
  leaving_ = true;
  if (!membership_) return start_again();
  // Without a word the group would keep the old member, and its partitions from everybody, until its session ends.
  const auto then = [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) start_again();
  };
  membership_->leave(client::Leaving::kDefault, [&loop = world_.loop, then](Status) { loop.post(then); });
  world_.loop.call_at(world_.loop.now() + kLeaveToBeginAnewDeadline, then);
}

void StreamThread::start_again() {
  if (state_ != State::kStarting || !std::exchange(leaving_, false)) return;
  membership_.reset();
  followed_assignment_ = 0;
  probe_due_.reset();
  standbys_due_.reset();
  topics_due_.reset();
  cluster_.reset();
  start();
}

bool StreamThread::obey() {
  if (!membership_ || state_ == State::kClosing) return false;
  const TaskShare& share = membership_->share();
  if (share.shutdown_requested) {
    obeying_ = true;
    const std::string why = "a member of the application has asked that all of them shut down";
    log_line(LogLevel::kError, "streams", "a stream thread ends",
             {{"thread", std::to_string(index_ + 1)}, {"why", why}});
    die(Error{ErrorKind::kClosed, why});
    return true;
  }
  if (share.problem.empty()) return false;
  die(Error{ErrorKind::kNotFound, share.problem});
  return true;
}

void StreamThread::die(std::optional<Error> why) {
  if (state_ == State::kDead || error_) return;
  error_ = std::move(why);
  close_tasks([](const TaskId&) { return true; });
  close_standbys();
  if (!error_) return set_state(State::kDead);
  set_state(State::kClosing);
  const OnUncaught decision =
      process_.on_uncaught && !obeying_ ? process_.on_uncaught(index_, *error_) : OnUncaught::kShutdownClient;
  if (decision != OnUncaught::kShutdownApplication || !membership_ || membership_->error()) return leave_and_end();
  const auto then = [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) leave_and_end();
  };
  membership_->ask_for_shutdown([&loop = world_.loop, then](Status) { loop.post(then); });
  world_.loop.call_at(world_.loop.now() + kTellDeadline, then);
}

/// Its partitions are for the others, and for the thread that may take its place, at once.
void StreamThread::leave_and_end() {
  if (std::exchange(ending_, true)) return;
  if (!membership_) return set_state(State::kDead);
  const auto then = [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) set_state(State::kDead);
  };
  membership_->leave(client::Leaving::kDefault, [&loop = world_.loop, then](Status) { loop.post(then); });
  world_.loop.call_at(world_.loop.now() + kLeaveDeadline, then);
}

}  // namespace leat
