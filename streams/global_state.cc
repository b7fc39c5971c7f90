#include "streams/global_state.h"

#include <set>
#include <utility>

#include "base/log.h"
#include "broker/client/offsets.h"
#include "streams/restorer.h"

namespace leat {

namespace {

constexpr auto kEndsDeadline = std::chrono::seconds(120);
constexpr std::int64_t kLatest = -1;
constexpr int kRecordsPerTurn = 4096;
constexpr std::int64_t kBufferedMax = 16 * kRecordsPerTurn;

/// What is read is what was committed: a global topic is somebody's output.
client::FetcherConfig fetching() {
  return {.read_committed = true, .reset = client::OffsetReset::kEarliest, .partition_bytes_max = 4 * 1024 * 1024};
}

Task::Options global_options(Task::Options options) {
  options.id = "global";
  options.global = true;
  // Its topics have nothing to wait for in each other.
  options.max_task_idle_ms = -1;
  return options;
}

/// Under which name the backend keeps how far a partition is read.
std::string offset_name(const TopicPartition& partition) {
  return partition.topic + "/" + std::to_string(partition.partition);
}

}  // namespace

GlobalState::GlobalState(client::Cluster& cluster, const Plan& plan, Task::Options options,
                         std::unique_ptr<StateBackend> backend, Duration persist_every, StateRestoreListener* listener)
    : cluster_(cluster),
      task_(global_options(std::move(options)), plan.instantiate_global(), std::move(backend), dead_letters_),
      fetcher_(cluster, fetching()),
      persist_every_(persist_every),
      persisted_at_(cluster.world().loop.now()),
      listener_(listener),
      began_(cluster.world().loop.now()) {}

void HeldRecords::send(const Outgoing& record) {
  const auto copy = [](std::optional<BytesView> bytes) { return bytes ? std::optional<Bytes>(*bytes) : std::nullopt; };
  held_.push_back({std::string(record.topic), copy(record.key), copy(record.value), record.timestamp,
                   record.headers ? *record.headers : Headers()});
}

void HeldRecords::send_to(RecordCollector& collector) {
  const auto view = [](const std::optional<Bytes>& bytes) {
    return bytes ? std::optional<BytesView>(*bytes) : std::nullopt;
  };
  for (const Held& held : std::exchange(held_, {}))
    collector.send({.topic = held.topic,
                    .key = view(held.key),
                    .value = view(held.value),
                    .timestamp = held.timestamp,
                    .headers = &held.headers,
                    .from = "the dead letter queue"});
}

GlobalState::~GlobalState() {
  alive_.reset();
  for (const auto& [partition, progress] : restoring_)
    if (Status told = tell(listener_, &StateRestoreListener::on_restore_suspended, progress); !told)
      log_line(LogLevel::kWarn, "streams", told.error().message, {});
}

void GlobalState::start(const PartitionCounts& counts, OneShot<Status> done) {
  if (Status opened = task_.open(); !opened) return done(std::move(opened));
  std::set<TopicPartition> partitions;
  const auto& installed = task_.state().backend().changelog_offsets();
  for (const TaskState::Entry& entry : task_.state().stores()) {
    const std::string& topic = entry.changelog_topic;
    for (std::int32_t partition = 0; partition < counts.at(topic); ++partition) {
      const TopicPartition name{topic, partition};
      if (Status added = task_.add_partition(name); !added) return done(std::move(added));
      partitions.insert(name);
      const auto offset = installed.find(offset_name(name));
      const std::int64_t from = entry.store->persistent() && offset != installed.end() ? offset->second : 0;
      fetched_from_[name] = from;
      fetcher_.add(name, from);
    }
  }
  if (Status started = task_.start(); !started) return done(std::move(started));
  caught_up_ = std::move(done);
  constexpr bool kDecidedOnly = true;
  client::list_offsets(
      cluster_, partitions, kLatest, kDecidedOnly, cluster_.world().loop.now() + kEndsDeadline,
      [this, alive = std::weak_ptr<bool>(alive_)](Result<std::map<TopicPartition, std::int64_t>> ends) {
        if (alive.expired()) return;
        if (!ends) return std::exchange(caught_up_, {})(ends.error().in("reading the global topics"));
        ends_ = std::move(*ends);
        if (Status told = tell_start(); !told) return std::exchange(caught_up_, {})(std::move(told));
        check_caught_up();
      });
}

/// Of what has to be read: what is there already was told of when it came.
Status GlobalState::tell_start() {
  if (listener_ == nullptr) return {};
  for (const TaskState::Entry& entry : task_.state().stores())
    for (const auto& [partition, end] : ends_) {
      const std::int64_t from = fetched_from_[partition];
      if (partition.topic != entry.changelog_topic || from >= end) continue;
      RestoreProgress& progress = restoring_[partition];
      progress = {partition, entry.store->name(), task_.id(), from, end, from, 0, 0, 0, {}};
      LEAT_RETURN_IF_ERROR(tell(listener_, &StateRestoreListener::on_restore_start, progress));
    }
  return {};
}

Status GlobalState::tell_progress() {
  const auto taken_in = task_.committable();
  for (auto each = restoring_.begin(); each != restoring_.end();) {
    auto& [partition, progress] = *each;
    const auto next = taken_in.find(partition);
    const std::int64_t records = added_[partition].records - task_.buffered(partition);
    progress.bytes = added_[partition].bytes;
    progress.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(cluster_.world().loop.now() - began_);
    if (records > progress.restored) {
      progress.batch_restored = records - progress.restored;
      progress.restored = records;
      if (next != taken_in.end()) progress.offset = std::min(next->second.offset, progress.ending_offset);
      LEAT_RETURN_IF_ERROR(tell(listener_, &StateRestoreListener::on_batch_restored, progress));
    }
    if (ends_.contains(partition)) {
      ++each;
      continue;
    }
    progress.offset = progress.ending_offset;
    const RestoreProgress ended = progress;
    each = restoring_.erase(each);
    LEAT_RETURN_IF_ERROR(tell(listener_, &StateRestoreListener::on_restore_end, ended));
  }
  return {};
}

Result<bool> GlobalState::turn() {
  for (const Error& error : fetcher_.take_errors()) return error.in("reading the global topics");
  const auto wants = [this](const TopicPartition& partition) { return task_.buffered(partition) < kBufferedMax; };
  for (const client::FetchedBatch& batch : fetcher_.take(wants)) {
    const std::int64_t before = task_.buffered(batch.partition);
    LEAT_RETURN_IF_ERROR(task_.add_batch(batch.partition, batch.batch, batch.block, batch.from));
    if (!caught_up_) continue;
    Added& added = added_[batch.partition];
    added.records += task_.buffered(batch.partition) - before;
    added.bytes += static_cast<std::int64_t>(batch.batch.bytes().size());
  }
  LEAT_ASSIGN_OR_RETURN(const int processed, task_.process(kRecordsPerTurn));
  dirty_ |= processed > 0;
  if (dirty_ && cluster_.world().loop.now() - persisted_at_ >= persist_every_) LEAT_RETURN_IF_ERROR(persist());
  if (caught_up_ && !ends_.empty()) check_caught_up();
  if (!restoring_.empty()) LEAT_RETURN_IF_ERROR(tell_progress());
  return processed > 0;
}

void GlobalState::check_caught_up() {
  std::erase_if(ends_, [this](const auto& end) {
    const auto position = fetcher_.position(end.first);
    return position && *position >= end.second && task_.buffered(end.first) == 0;
  });
  if (ends_.empty() && caught_up_) std::exchange(caught_up_, {})(persist());
}

Status GlobalState::persist() {
  persisted_at_ = cluster_.world().loop.now();
  dirty_ = false;
  LEAT_RETURN_IF_ERROR(task_.prepare_commit());
  std::map<std::string, std::int64_t> offsets;
  for (const auto& [partition, next] : task_.committable()) offsets[offset_name(partition)] = next.offset;
  return task_.state().backend().install(offsets);
}

}  // namespace leat
