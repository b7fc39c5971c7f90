#include "streams/restorer.h"

#include <fmt/format.h>

#include "base/log.h"
#include "broker/client/offsets.h"

namespace leat {

namespace {

constexpr auto kEndsDeadline = std::chrono::seconds(120);
constexpr std::size_t kInflatedBytesMax = 256 * 1024 * 1024;
constexpr std::int64_t kLatest = -1;
constexpr auto kTellEvery = std::chrono::seconds(10);

client::FetcherConfig fetching(bool read_committed) {
  return {.read_committed = read_committed,
          .reset = client::OffsetReset::kEarliest,
          .partition_bytes_max = 4 * 1024 * 1024};
}

}  // namespace

Result<std::uint64_t> restore_records(StateStore& store, const client::FetchedBatch& batch, std::int64_t end) {
  LEAT_ASSIGN_OR_RETURN(auto cursor, wire::RecordCursor::open(batch.batch, batch.block, kInflatedBytesMax));
  std::uint64_t restored = 0;
  Headers headers;
  std::vector<wire::RecordHeader> raw;
  for (wire::RecordView record; cursor.next(record);) {
    if (record.offset < batch.from || record.offset >= end) continue;
    ++restored;
    if (!record.key) continue;  // no row of a store has a null key
    headers.clear();
    raw.clear();
    if (record.header_count > 0 && record.headers(raw))
      for (const wire::RecordHeader& header : raw)
        headers.add(std::string(header.key), header.value ? std::optional<Bytes>(*header.value) : std::nullopt);
    LEAT_RETURN_IF_ERROR(
        store.restore({.key = *record.key, .value = record.value, .timestamp = record.timestamp, .headers = &headers}));
  }
  store.figures().restored.add(static_cast<std::int64_t>(restored));
  return restored;
}

Restorer::Restorer(client::Cluster& cluster, bool read_committed, std::size_t uncommitted_bytes_max,
                   StateRestoreListener* listener)
    : cluster_(cluster),
      uncommitted_bytes_max_(uncommitted_bytes_max),
      fetcher_(cluster, fetching(read_committed)),
      listener_(listener) {}

Restorer::~Restorer() { alive_.reset(); }

void Restorer::restore(Task& task, std::int32_t partition, const std::map<TopicPartition, std::int64_t>& source_ends,
                       OneShot<Status> done) {
  auto job = std::make_shared<Job>();
  job->task = &task;
  job->done = std::move(done);
  std::set<TopicPartition> ask;
  std::map<TopicPartition, std::int64_t> known;
  for (const TaskState::Changelog& changelog : task.state().changelogs()) {
    const TopicPartition name{changelog.topic, partition};
    job->changelogs[name].changelog = changelog;
    const auto source = source_ends.find(name);
    source != source_ends.end() ? (void)known.emplace(name, source->second) : (void)ask.insert(name);
  }
  jobs_.push_back(job);
  if (ask.empty()) return begin(job, known);
  // The end of what is there, not of what is decided: behind the open transaction of a predecessor that was cut off
  // lies what other predecessors have committed since. It becomes readable when that transaction has ended.
  constexpr bool kDecidedOnly = false;
  client::list_offsets(cluster_, ask, kLatest, kDecidedOnly, cluster_.world().loop.now() + kEndsDeadline,
                       [this, alive = std::weak_ptr<bool>(alive_), job,
                        known](Result<std::map<TopicPartition, std::int64_t>> ends) mutable {
                         if (alive.expired() || job->task == nullptr) return;
                         if (!ends) return finish(job, ends.error().in("restoring task " + job->task->id()));
                         known.insert(ends->begin(), ends->end());
                         begin(job, known);
                       });
}

void Restorer::begin(std::shared_ptr<Job> job, const std::map<TopicPartition, std::int64_t>& ends) {
  job->began = job->told = cluster_.world().loop.now();
  for (auto& [name, changelog] : job->changelogs) {
    changelog.end = ends.at(name);
    const std::int64_t from = changelog.changelog.next_offset.value_or(0);
    changelog.done = from >= changelog.end;
    if (changelog.done) continue;
    changelog.progress.changelog = name;
    changelog.progress.store = changelog.changelog.store->name();
    changelog.progress.task = job->task->id();
    changelog.progress.starting_offset = changelog.progress.offset = from;
    changelog.progress.ending_offset = changelog.end;
    changelog.started = true;
    if (Status told = tell(listener_, &StateRestoreListener::on_restore_start, changelog.progress); !told)
      return finish(job, told);
    fetcher_.add(name, from);
  }
  check(job);
}

void Restorer::forget(Task& task) {
  for (auto& job : jobs_) {
    if (job->task != &task) continue;
    suspend(*job);
    job->task = nullptr;
  }
  std::erase_if(jobs_, [](const auto& job) { return job->task == nullptr; });
}

std::size_t Restorer::run(Duration at_most) {
  if (jobs_.empty()) return 0;
  const std::uint64_t before = records_restored_;
  if (pending_.empty())
    for (client::FetchedBatch& batch : fetcher_.take()) pending_.push_back(std::move(batch));
  const Loop& loop = cluster_.world().loop;
  const Instant until = loop.now() + at_most;
  while (!pending_.empty()) {
    const client::FetchedBatch batch = std::move(pending_.front());
    pending_.pop_front();
    for (const auto& job : std::vector(jobs_)) {
      const auto found = job->changelogs.find(batch.partition);
      if (job->task == nullptr || found == job->changelogs.end() || found->second.done) continue;
      if (Status applied = apply(*job, found->second, batch); !applied)
        finish(job, applied.error().in("restoring task " + job->task->id()));
    }
    // The fetcher's positions are those of what was taken: nothing is done, or installed, before that is applied.
    if (!pending_.empty() && loop.now() >= until) return records_restored_ - before;
  }
  for (const auto& job : std::vector(jobs_)) {
    if (job->task == nullptr) continue;
    for (auto& [name, changelog] : job->changelogs) {
      const auto position = fetcher_.position(name);
      if (changelog.done || !position || *position < changelog.end) continue;
      changelog.done = true;
      fetcher_.remove(name);
      changelog.progress.offset = changelog.end;
      if (Status told = tell(listener_, &StateRestoreListener::on_restore_end, changelog.progress); !told) {
        finish(job, told);
        break;
      }
    }
    if (job->task == nullptr) continue;
    if (job->task->state().uncommitted_bytes() > uncommitted_bytes_max_)
      if (auto installed = install(*job); !installed) finish(job, installed);
    log_progress(*job);
    check(job);
  }
  return records_restored_ - before;
}

Status Restorer::apply(Job& job, Job::Changelog& changelog, const client::FetchedBatch& batch) {
  LEAT_ASSIGN_OR_RETURN(const std::uint64_t applied, restore_records(*changelog.changelog.store, batch, changelog.end));
  records_restored_ += applied;
  RestoreProgress& progress = changelog.progress;
  progress.batch_restored = static_cast<std::int64_t>(applied);
  progress.restored += progress.batch_restored;
  progress.bytes += static_cast<std::int64_t>(batch.batch.bytes().size());
  progress.offset = std::min(changelog.end, batch.batch.last_offset() + 1);
  progress.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(cluster_.world().loop.now() - job.began);
  return tell(listener_, &StateRestoreListener::on_batch_restored, progress);
}

Status tell(StateRestoreListener* listener, RestoreEvent event, const RestoreProgress& progress) {
  if (listener == nullptr) return {};
  try {
    (listener->*event)(progress);
  } catch (const std::exception& error) {
    return Error{ErrorKind::kUser, "the restore listener failed: " + std::string(error.what())};
  }
  return {};
}

void Restorer::log_progress(Job& job) {
  const Instant now = cluster_.world().loop.now();
  if (job.task == nullptr || now - job.told < kTellEvery) return;
  job.told = now;
  std::int64_t all = 0, restored = 0, bytes = 0, remaining = 0;
  std::optional<std::chrono::milliseconds> left;
  for (const auto& [name, changelog] : job.changelogs) {
    if (!changelog.started) continue;
    all += changelog.progress.total();
    restored += changelog.progress.restored;
    bytes += changelog.progress.bytes;
    remaining += changelog.progress.remaining();
    if (const auto each = changelog.progress.left(); each && !changelog.done)
      left = std::max(left.value_or(*each), *each);
  }
  if (all == 0) return;
  log_line(LogLevel::kInfo, "streams", "restoring",
           {{"task", job.task->id()},
            {"records", std::to_string(restored)},
            {"bytes", std::to_string(bytes)},
            {"percent", std::to_string(all > 0 ? (all - remaining) * 100 / all : 100)},
            {"left", left ? fmt::format("{} s", left->count() / 1000) : "unknown"}});
}

std::int64_t Restorer::remaining(const Task& task) const {
  std::int64_t sum = 0;
  for (const auto& job : jobs_)
    for (const auto& [name, changelog] : job->changelogs)
      if (job->task == &task && !changelog.done) sum += changelog.progress.remaining();
  return sum;
}

/// Makes permanent what was restored so far, so that a crash during a long restore does not begin anew.
Status Restorer::install(Job& job) {
  std::map<std::string, std::int64_t> offsets;
  for (const auto& [name, changelog] : job.changelogs) {
    const auto position = changelog.done ? std::optional(changelog.end) : fetcher_.position(name);
    if (position) offsets[name.topic] = *position;
  }
  return job.task->finish_commit(offsets);
}

void Restorer::check(const std::shared_ptr<Job>& job) {
  if (job->task == nullptr || !job->done) return;
  for (const auto& [name, changelog] : job->changelogs)
    if (!changelog.done) return;
  finish(job, install(*job));
}

/// Nothing of the job is read any more.
void Restorer::suspend(Job& job) {
  for (auto& [name, changelog] : job.changelogs) {
    fetcher_.remove(name);
    std::erase_if(pending_, [&name = name](const client::FetchedBatch& batch) { return batch.partition == name; });
    if (!changelog.started || changelog.done) continue;
    changelog.done = true;
    if (Status told = tell(listener_, &StateRestoreListener::on_restore_suspended, changelog.progress); !told)
      log_line(LogLevel::kWarn, "streams", told.error().message, {});
  }
}

void Restorer::finish(const std::shared_ptr<Job>& job, Status status) {
  suspend(*job);
  job->task = nullptr;
  std::erase(jobs_, job);
  if (job->done) job->done(std::move(status));
}

}  // namespace leat
