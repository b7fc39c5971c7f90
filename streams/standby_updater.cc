#include "streams/standby_updater.h"

#include <limits>

#include "base/log.h"
#include "streams/restorer.h"

namespace leat {

namespace {

client::FetcherConfig fetching(bool read_committed) {
  return {.read_committed = read_committed,
          .reset = client::OffsetReset::kEarliest,
          .partition_bytes_max = 1024 * 1024,
          .ahead_bytes_max = 1024 * 1024};
}

}  // namespace

StandbyUpdater::StandbyUpdater(client::Cluster& cluster, Options options)
    : cluster_(cluster),
      options_(options),
      fetcher_(cluster, fetching(options.read_committed)),
      installed_at_(cluster.world().loop.now()) {}

void StandbyUpdater::add(Task& task, std::int32_t partition) {
  std::set<std::string> sources;
  for (const TaskState::Entry& entry : task.state().stores())
    if (entry.changelog_is_source) sources.insert(entry.changelog_topic);
  for (const TaskState::Changelog& changelog : task.state().changelogs()) {
    if (sources.contains(changelog.topic)) continue;
    const TopicPartition name{changelog.topic, partition};
    const std::int64_t from = changelog.next_offset.value_or(0);
    Followed& followed = followed_[name];
    followed = {&task, changelog, {name, changelog.store->name(), task.id(), from, from}};
    fetcher_.add(name, from);
    if (const Status told = tell([&](StandbyUpdateListener& to) { to.on_update_start(followed.progress); }); !told)
      log_line(LogLevel::kWarn, "streams", told.error().message, {});
  }
}

template <class Tell>
Status StandbyUpdater::tell(const Tell& tell_it) const {
  if (options_.listener == nullptr) return {};
  try {
    tell_it(*options_.listener);
  } catch (const std::exception& error) {
    return Error{ErrorKind::kUser, "the standby listener failed: " + std::string(error.what())};
  }
  return {};
}

Status StandbyUpdater::remove(Task& task, StandbyUpdateListener::Reason reason) {
  const Status installed = changed_.contains(&task) ? install(task) : Status();
  Status told;
  for (auto each = followed_.begin(); each != followed_.end();) {
    if (each->second.task != &task) {
      ++each;
      continue;
    }
    fetcher_.remove(each->first);
    StandbyProgress& progress = each->second.progress;
    const Status heard = tell([&](StandbyUpdateListener& to) { to.on_update_suspended(progress, reason); });
    if (!heard) told = heard;
    each = followed_.erase(each);
  }
  changed_.erase(&task);
  return installed ? told : installed;
}

Result<bool> StandbyUpdater::turn() {
  for (const Error& error : fetcher_.take_errors()) return error.in("reading the changelogs of standby tasks");
  bool taken = false;
  const auto next = [&](const TopicPartition& partition) {
    if (taken || (last_taken_ && partition <= *last_taken_)) return false;
    last_taken_ = partition;
    return taken = true;
  };
  const auto batches = fetcher_.take(next);
  if (!taken) last_taken_.reset();
  constexpr std::int64_t kNoEnd = std::numeric_limits<std::int64_t>::max();
  for (const client::FetchedBatch& batch : batches) {
    const Followed& followed = followed_.at(batch.partition);
    auto restored = restore_records(*followed.changelog.store, batch, kNoEnd);
    if (!restored) return restored.error().in("standby task " + followed.task->id());
    records_read_ += *restored;
    StandbyProgress& progress = followed_.at(batch.partition).progress;
    progress.offset = batch.batch.last_offset() + 1;
    progress.current_end_offset = fetcher_.end_offset(batch.partition);
    progress.batch_size = static_cast<std::int64_t>(*restored);
    LEAT_RETURN_IF_ERROR(tell([&](StandbyUpdateListener& to) { to.on_batch_loaded(progress); }));
  }
  if (taken) changed_.insert(followed_.at(*last_taken_).task);
  std::size_t uncommitted = 0;
  for (Task* task : changed_) uncommitted += task->state().uncommitted_bytes();
  const Instant now = cluster_.world().loop.now();
  if (!changed_.empty() &&
      (uncommitted > options_.uncommitted_bytes_max || now - installed_at_ >= options_.install_every))
    LEAT_RETURN_IF_ERROR(install_all());
  return taken;
}

Status StandbyUpdater::install_all() {
  installed_at_ = cluster_.world().loop.now();
  for (Task* task : std::exchange(changed_, {})) LEAT_RETURN_IF_ERROR(install(*task));
  return {};
}

Status StandbyUpdater::install(Task& task) {
  std::map<std::string, std::int64_t> offsets;
  for (const auto& [name, followed] : followed_) {
    const auto position = followed.task == &task ? fetcher_.position(name) : std::nullopt;
    if (position) offsets[name.topic] = *position;
  }
  return task.finish_commit(offsets);
}

std::int64_t StandbyUpdater::offset_sum(const Task& task) const {
  std::int64_t sum = 0;
  for (const auto& [name, followed] : followed_)
    if (followed.task == &task) sum += fetcher_.position(name).value_or(followed.changelog.next_offset.value_or(0));
  return sum;
}

std::int64_t StandbyUpdater::lag_max() const {
  std::map<const Task*, std::int64_t> lags;
  for (const auto& [name, followed] : followed_) {
    const std::int64_t end = fetcher_.end_offset(name);
    const auto position = fetcher_.position(name);
    if (end < 0 || !position) return std::numeric_limits<std::int64_t>::max();
    lags[followed.task] += std::max<std::int64_t>(0, end - *position);
  }
  std::int64_t most = 0;
  for (const auto& [task, lag] : lags) most = std::max(most, lag);
  return most;
}

}  // namespace leat
