// The tasks of a stream thread: how they come with a rebalance, are restored, and go.
#include <algorithm>

#include "base/log.h"
#include "broker/client/offsets.h"
#include "streams/assignor/subscription_info.h"
#include "streams/stream_thread.h"

namespace leat {

namespace {

constexpr auto kOffsetsDeadline = std::chrono::seconds(120);
/// How long, and how often, a directory is tried that another thread of the process has open.
constexpr auto kOpenDeadline = std::chrono::seconds(10);
constexpr auto kOpenAgain = std::chrono::milliseconds(50);
constexpr auto kProbeAgain = std::chrono::milliseconds(500);
constexpr auto kProbeFirst = std::chrono::seconds(1);
constexpr auto kStandbyAgain = std::chrono::seconds(1);

}  // namespace

std::map<TaskId, std::int64_t> StreamThread::task_offsets() const {
  std::map<TaskId, std::int64_t> offsets;
  for (const TaskId& id : process_.directory.tasks()) offsets[id] = SubscriptionInfo::kUnknownOffsetSum;
  for (const auto& [id, standby] : standbys_) offsets[id] = standby_updater_->offset_sum(*standby);
  for (const auto& [id, running] : tasks_) offsets[id] = SubscriptionInfo::kLatestOffset;
  return offsets;
}

Task::Options StreamThread::task_options() {
  Task::Options options;
  options.application_id = config_.application_id;
  options.cache_budget = &cache_budget_;
  options.max_task_idle_ms = config_.max_task_idle_ms.count();
  options.handlers = config_.handlers();
  options.recording_level = config_.metrics_recording_level;
  options.metrics = &metrics_.own();
  options.wall_clock_ms = [loop = &world_.loop] { return loop->wall_clock_ms(); };
  options.app_configs = app_configs_;
  return options;
}

Result<std::unique_ptr<StateBackend>> StreamThread::open_global_state() {
  const TopologyInstance instance = process_.plan.instantiate_global();
  const bool persistent = std::any_of(instance.stores.begin(), instance.stores.end(),
                                      [](const auto& each) { return each.store->persistent(); });
  if (!persistent) return StateBackend::in_memory();
  const std::string directory = process_.directory.of_global(index_ + 1);
  LEAT_RETURN_IF_ERROR(world_.files.make_directories(directory));
  return process_.open_state(directory);
}

Result<std::unique_ptr<Task>> StreamThread::open_task(const TaskId& id) {
  Task::Options options = task_options();
  options.id = id.to_string();
  options.state_dir = [this, directory = process_.directory.of_task(id)]() -> Result<std::string> {
    LEAT_RETURN_IF_ERROR(world_.files.make_directories(directory));
    return directory;
  };
  options.partition = id.partition;
  options.global_state = global_ ? &global_->state() : nullptr;
  TopologyInstance instance = process_.plan.instantiate(id.subtopology);
  const bool persistent = std::any_of(instance.stores.begin(), instance.stores.end(),
                                      [](const auto& each) { return each.store->persistent(); });
  std::unique_ptr<StateBackend> backend = StateBackend::in_memory();
  if (persistent) {
    const std::string directory = process_.directory.of_task(id);
    LEAT_RETURN_IF_ERROR(world_.files.make_directories(directory));
    LEAT_ASSIGN_OR_RETURN(backend, process_.open_state(directory));
  }
  auto task = std::make_unique<Task>(std::move(options), std::move(instance), std::move(backend), *collector_);
  LEAT_RETURN_IF_ERROR(task->open());
  metrics_.task_created();
  return task;
}

/// A standby is promoted with its stores as they are; what it has not read yet is restored like any other tail.
Status StreamThread::make_task(const TaskId& id, const std::set<TopicPartition>& partitions) {
  std::unique_ptr<Task> task;
  if (const auto standby = standbys_.find(id); standby != standbys_.end()) {
    LEAT_RETURN_IF_ERROR(standby_updater_->remove(*standby->second, StandbyUpdateListener::Reason::kPromoted));
    task = std::move(standby->second);
    standbys_.erase(standby);
  } else {
    LEAT_ASSIGN_OR_RETURN(task, open_task(id));
  }
  Running& running = tasks_[id];
  running.partitions = partitions;
  running.number = next_task_number_++;
  running.task = std::move(task);
  for (const TopicPartition& partition : partitions) {
    LEAT_RETURN_IF_ERROR(running.task->add_partition(partition));
    task_of_[partition] = id;
  }
  return {};
}

/// Everything that tasks may write to must be known, and a transactional producer must have fenced its predecessor,
/// before any state is read: what the predecessor left open is ended by that.
void StreamThread::prepare_outputs(OneShot<Status> ready) {
  if (outputs_ready_) return ready({});
  // One at a time: another start of the transactions would end the transaction that tasks of the first have begun.
  outputs_wanted_.push_back(std::move(ready));
  if (outputs_wanted_.size() > 1) return;
  const auto done = [this, alive = std::weak_ptr<bool>(alive_), start = starts_](Status status) {
    if (alive.expired() || start != starts_) return;
    outputs_ready_ = status.ok();
    for (auto& wanted : std::exchange(outputs_wanted_, {})) wanted(status);
  };
  std::set<std::string> topics;
  const auto add = [&](const std::string& name) {
    // Those of sub-topologies whose patterns match nothing yet are not made.
    if (!process_.plan.has_patterns() || !process_.plan.is_internal(name) || partition_counts_.contains(name))
      topics.insert(name);
  };
  for (const Subtopology& each : process_.plan.subtopologies()) {
    for (const std::string& name : each.sink_topics) add(name);
    for (const auto& [name, topic] : each.changelog_topics) add(name);
  }
  const std::string dead_letters = config_.handlers().dead_letter_topic;
  if (!dead_letters.empty()) topics.insert(dead_letters);
  producer_->prepare(topics, [this, alive = std::weak_ptr<bool>(alive_), start = starts_, done](Status status) {
    if (alive.expired() || start != starts_) return;
    if (!status || !config_.exactly_once() || transactions_ready_) return done(std::move(status));
    producer_->init_transactions([this, alive, done](Status begun) {
      if (!alive.expired()) transactions_ready_ = begun.ok();
      done(std::move(begun));
    });
  });
}

void StreamThread::on_rebalance(OneShot<Status> ready) {
  when_settled([ready = std::move(ready)]() mutable { ready({}); });
}

void StreamThread::on_assigned(const std::vector<TopicPartition>& added) {
  if (state_ == State::kClosing || state_ == State::kDead) return;
  if (!process_.plan.has_patterns() || knows_topics_of(added)) return on_assigned_known(added);
  set_state(State::kRestoring);
  // The leader has found them before us.
  learn_topics([this, alive = std::weak_ptr<bool>(alive_), start = starts_, added](Status learned) {
    if (alive.expired() || start != starts_ || state_ == State::kDead || state_ == State::kClosing) return;
    if (learned) return on_assigned_known(added);
    if (learned.error().kind != ErrorKind::kClosed) fail(learned.error());
  });
}

void StreamThread::on_assigned_known(const std::vector<TopicPartition>& added) {
  std::set<TaskId> ids;
  for (const auto& [id, partitions] : membership_->share().assigned)
    if (!tasks_.contains(id) &&
        std::any_of(added.begin(), added.end(), [&own = partitions](const auto& each) { return own.contains(each); }))
      ids.insert(id);
  set_state(State::kRestoring);
  prepare_outputs([this, alive = std::weak_ptr<bool>(alive_), ids, added](Status ready) {
    if (alive.expired() || state_ == State::kDead) return;
    if (!ready) {
      if (ready.error().kind != ErrorKind::kClosed) fail(ready.error());
      return;
    }
    if (Status widened = widen_tasks(added); !widened) return fail(widened.error());
    make_tasks(ids, world_.loop.now() + kOpenDeadline);
  });
}

/// Those that can be made now; the others are tried again, for another thread of this process may still hold their
/// directories for a moment.
void StreamThread::make_tasks(const std::set<TaskId>& ids, Instant deadline) {
  std::set<TaskId> made, later;
  for (const TaskId& id : ids) {
    const auto assigned = membership_->share().assigned.find(id);
    if (assigned == membership_->share().assigned.end() || tasks_.contains(id)) continue;
    const Status status = make_task(id, assigned->second);
    if (status) {
      made.insert(id);
      continue;
    }
    const bool passes = status.error().kind == ErrorKind::kAlreadyExists && world_.loop.now() < deadline;
    if (!passes)
      return fail({ErrorKind::kUnavailable, "task " + id.to_string() + " cannot be opened: " + status.error().message});
    later.insert(id);
  }
  if (!later.empty())
    world_.loop.call_at(world_.loop.now() + kOpenAgain,
                        [this, alive = std::weak_ptr<bool>(alive_), start = starts_, later, deadline] {
                          const bool ours = !alive.expired() && start == starts_;
                          if (ours && state_ != State::kDead && state_ != State::kClosing) make_tasks(later, deadline);
                        });
  if (!made.empty() || later.empty()) read_committed_offsets(made);
}

/// Standbys own no partitions, so that nobody but the assignment tells of them.
void StreamThread::follow_assignment() {
  if (!membership_ || !membership_->stable() || state_ == State::kClosing) return;
  const bool again = standbys_due_ && world_.loop.now() >= *standbys_due_;
  if (!again && followed_assignment_ == membership_->share().number) return probe();
  followed_assignment_ = membership_->share().number;
  standbys_due_.reset();
  // Ever later: under load the others may find again and again that it is not as far as it thought.
  if (!membership_->share().next_rebalance_ms) probe_after_ = Duration::zero();
  if (!again) {
    probe_after_ = std::max<Duration>(kProbeFirst, 2 * probe_after_);
    probe_due_ =
        membership_->share().next_rebalance_ms ? std::optional(world_.loop.now() + probe_after_) : std::nullopt;
  }
  std::vector<TaskId> gone;
  for (const auto& [id, standby] : standbys_)
    if (!membership_->share().standbys.contains(id) && !membership_->share().assigned.contains(id)) gone.push_back(id);
  for (const TaskId& id : gone)
    if (Status closed = close_standby(id); !closed) return fail(closed.error());
  check_all_restored();
  if (membership_->share().standbys.empty()) return;
  prepare_outputs([this, alive = std::weak_ptr<bool>(alive_)](Status ready) {
    if (alive.expired() || state_ == State::kDead || state_ == State::kClosing) return;
    if (ready) return make_standbys();
    if (ready.error().kind != ErrorKind::kClosed) fail(ready.error());
  });
}

void StreamThread::probe() {
  if (!probe_due_ || world_.loop.now() < *probe_due_ || !membership_->share().next_rebalance_ms) return;
  const bool due = world_.loop.wall_clock_ms() >= *membership_->share().next_rebalance_ms;
  const bool all_here = standbys_.size() >= membership_->share().standbys.size();
  if (!due && !(all_here && standby_updater_->lag_max() <= config_.acceptable_recovery_lag / 2)) {
    probe_due_ = world_.loop.now() + kProbeAgain;
    return;
  }
  probe_due_.reset();
  membership_->ask_for_round();
}

void StreamThread::make_standbys() {
  for (const auto& [id, partitions] : membership_->share().standbys) {
    if (tasks_.contains(id) || standbys_.contains(id) || membership_->share().assigned.contains(id)) continue;
    auto task = open_task(id);
    if (!task) {
      // Another thread of this process closes it, or has not yet closed what it ran.
      log_line(LogLevel::kDebug, "streams", "a standby cannot be opened yet",
               {{"task", id.to_string()}, {"why", task.error().message}});
      standbys_due_ = world_.loop.now() + kStandbyAgain;
      continue;
    }
    standby_updater_->add(**task, id.partition);
    standbys_[id] = std::move(*task);
  }
}

Status StreamThread::close_standby(const TaskId& id) {
  const auto standby = standbys_.find(id);
  const Status installed = standby_updater_->remove(*standby->second, StandbyUpdateListener::Reason::kMigrated);
  standbys_.erase(standby);
  metrics_.task_closed();
  return installed;
}

std::vector<TaskId> StreamThread::standbys() const {
  std::vector<TaskId> ids;
  for (const auto& [id, standby] : standbys_) ids.push_back(id);
  return ids;
}

void StreamThread::read_committed_offsets(std::set<TaskId> ids) {
  // A task that goes and comes again meanwhile asks anew: its predecessor's answer would be too old for it.
  std::map<TaskId, std::uint64_t> asking;
  std::set<TopicPartition> partitions;
  for (const TaskId& id : ids)
    if (const auto running = tasks_.find(id); running != tasks_.end()) {
      asking[id] = running->second.number;
      partitions.insert(running->second.partitions.begin(), running->second.partitions.end());
    }
  if (partitions.empty()) return check_all_restored();
  client::committed_offsets(
      *cluster_, config_.application_id, partitions, world_.loop.now() + kOffsetsDeadline,
      [this, alive = std::weak_ptr<bool>(alive_),
       asking](Result<std::map<TopicPartition, client::CommittedOffset>> committed) {
        if (alive.expired() || state_ == State::kDead) return;
        if (!committed) {
          if (committed.error().kind != ErrorKind::kClosed) fail(committed.error());
          return;
        }
        for (const auto& [id, number] : asking) {
          Running* running = find_task(id, number);
          if (running == nullptr) continue;
          std::map<TopicPartition, std::int64_t> source_ends;
          for (const TaskState::Entry& entry : running->task->state().stores())
            if (entry.changelog_is_source)
              source_ends[{entry.changelog_topic, id.partition}] =
                  std::max<std::int64_t>(0, committed->at({entry.changelog_topic, id.partition}).offset);
          restorer_->restore(*running->task, id.partition, source_ends,
                             [this, alive, id = id, number = number, offsets = *committed](Status status) {
                               if (!alive.expired() && state_ != State::kDead)
                                 restored(id, number, offsets, std::move(status));
                             });
        }
      });
}

StreamThread::Running* StreamThread::find_task(const TaskId& id, std::uint64_t number) {
  const auto found = tasks_.find(id);
  return found != tasks_.end() && found->second.number == number ? &found->second : nullptr;
}

void StreamThread::restored(const TaskId& id, std::uint64_t number,
                            const std::map<TopicPartition, client::CommittedOffset>& committed, Status status) {
  Running* const found = find_task(id, number);
  if (found == nullptr) return;
  if (!status) return fail(status.error());
  Running& running = *found;
  for (const TopicPartition& partition : running.partitions) {
    // One that came later is begun by widen_tasks.
    const auto offset = committed.find(partition);
    if (offset == committed.end() || offset->second.offset < 0) continue;
    running.task->set_committed_offset(partition, offset->second.offset);
    running.task->set_committed_metadata(partition, offset->second.metadata);
  }
  if (auto started = running.task->start(); !started) return fail(started.error());
  running.restored = true;
  for (const TopicPartition& partition : running.partitions) begin_fetching(id, partition, committed);
  check_all_restored();
}

void StreamThread::begin_fetching(const TaskId& id, const TopicPartition& partition,
                                  const std::map<TopicPartition, client::CommittedOffset>& committed) {
  const auto found = committed.find(partition);
  if (found == committed.end()) return;
  const std::int64_t offset = found->second.offset;
  fetcher_->add(partition, offset >= 0 ? std::optional(offset) : std::nullopt,
                offset_reset(id.subtopology, partition.topic));
}

/// What the source of a topic says; nothing where it leaves that to the settings.
std::optional<client::OffsetReset> StreamThread::offset_reset(int subtopology, const std::string& topic) const {
  for (const Subtopology& each : process_.plan.subtopologies()) {
    const auto said = each.offset_resets.find(topic);
    if (each.id != subtopology || said == each.offset_resets.end()) continue;
    using client::OffsetReset;
    switch (said->second.kind) {
      case AutoOffsetReset::kEarliest: return OffsetReset(OffsetReset::kEarliest);
      case AutoOffsetReset::kLatest: return OffsetReset(OffsetReset::kLatest);
      case AutoOffsetReset::kByDuration: return OffsetReset(OffsetReset::kByDuration, said->second.back);
      case AutoOffsetReset::kNone:
      case AutoOffsetReset::kDefault: return OffsetReset(OffsetReset::kNone);
    }
  }
  return std::nullopt;
}

void StreamThread::check_all_restored() {
  if (state_ != State::kRestoring && state_ != State::kStarting) return;
  const auto& assigned = membership_->share().assigned;
  const bool all_made =
      std::all_of(assigned.begin(), assigned.end(), [this](const auto& each) { return tasks_.contains(each.first); });
  if (all_made && std::all_of(tasks_.begin(), tasks_.end(), [](const auto& each) { return each.second.restored; }))
    set_state(State::kRunning);
}

void StreamThread::on_revoked(const std::vector<TopicPartition>& revoked, OneShot<Status> done) {
  when_settled([this, revoked, done = std::move(done)]() mutable {
    if (!committer_ || !committer_->running()) return done({});
    commit([this, revoked, done = std::move(done)](Status committed) mutable {
      if (!membership_) return done(std::move(committed));  // the thread ends, and the commit with it
      // A task that loses one of its topics only begins anew with the others.
      std::set<TaskId> narrower;
      close_tasks([&](const TaskId& id) {
        const bool loses = std::any_of(revoked.begin(), revoked.end(),
                                       [&](const auto& each) { return tasks_.at(id).partitions.contains(each); });
        if (loses && membership_->share().assigned.contains(id)) narrower.insert(id);
        return loses;
      });
      const bool good = committed.ok();
      if (!good) fail(committed.error());
      done(std::move(committed));
      if (good && !narrower.empty()) make_tasks(narrower, world_.loop.now() + kOpenDeadline);
      check_all_restored();
    });
  });
}

void StreamThread::on_lost(const std::vector<TopicPartition>& lost) {
  if (state_ == State::kDead || state_ == State::kClosing) return;
  log_line(LogLevel::kWarn, "streams", "the membership is lost, and the tasks with it",
           {{"thread", std::to_string(index_ + 1)}, {"partitions", std::to_string(lost.size())}});
  begin_anew_wanted_ = true;
}

void StreamThread::close_tasks(const std::function<bool(const TaskId&)>& which) {
  for (auto running = tasks_.begin(); running != tasks_.end();) {
    if (!which(running->first)) {
      ++running;
      continue;
    }
    if (restorer_) restorer_->forget(*running->second.task);
    for (const TopicPartition& partition : running->second.partitions) {
      if (fetcher_) fetcher_->remove(partition);
      task_of_.erase(partition);
    }
    running = tasks_.erase(running);
    metrics_.task_closed();
  }
}

void StreamThread::close_standbys() {
  while (!standbys_.empty()) {
    if (Status closed = close_standby(standbys_.begin()->first); !closed)
      log_line(LogLevel::kWarn, "streams", "what a standby has read is to be read again",
               {{"why", closed.error().message}});
  }
}

}  // namespace leat
