#include "streams/restorer.h"

#include "broker/client/offsets.h"

namespace leat {

namespace {

constexpr auto kEndsDeadline = std::chrono::seconds(120);
constexpr std::size_t kInflatedBytesMax = 256 * 1024 * 1024;
constexpr std::int64_t kLatest = -1;

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

Restorer::Restorer(client::Cluster& cluster, bool read_committed, std::size_t uncommitted_bytes_max)
    : cluster_(cluster), uncommitted_bytes_max_(uncommitted_bytes_max), fetcher_(cluster, fetching(read_committed)) {}

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
  for (auto& [name, changelog] : job->changelogs) {
    changelog.end = ends.at(name);
    const std::int64_t from = changelog.changelog.next_offset.value_or(0);
    changelog.done = from >= changelog.end;
    if (!changelog.done) fetcher_.add(name, from);
  }
  check(job);
}

void Restorer::forget(Task& task) {
  for (auto& job : jobs_) {
    if (job->task != &task) continue;
    for (const auto& [name, changelog] : job->changelogs) fetcher_.remove(name);
    job->task = nullptr;
  }
  std::erase_if(jobs_, [](const auto& job) { return job->task == nullptr; });
}

std::size_t Restorer::run() {
  if (jobs_.empty()) return 0;
  const std::uint64_t before = records_restored_;
  for (const client::FetchedBatch& batch : fetcher_.take())
    for (const auto& job : std::vector(jobs_)) {
      const auto found = job->changelogs.find(batch.partition);
      if (job->task == nullptr || found == job->changelogs.end() || found->second.done) continue;
      const auto applied = restore_records(*found->second.changelog.store, batch, found->second.end);
      if (applied) {
        records_restored_ += *applied;
      } else {
        finish(job, applied.error().in("restoring task " + job->task->id()));
      }
    }
  for (const auto& job : std::vector(jobs_)) {
    if (job->task == nullptr) continue;
    for (auto& [name, changelog] : job->changelogs) {
      const auto position = fetcher_.position(name);
      if (changelog.done || !position || *position < changelog.end) continue;
      changelog.done = true;
      fetcher_.remove(name);
    }
    if (job->task->state().uncommitted_bytes() > uncommitted_bytes_max_)
      if (auto installed = install(*job); !installed) finish(job, installed);
    check(job);
  }
  return records_restored_ - before;
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

void Restorer::finish(const std::shared_ptr<Job>& job, Status status) {
  for (const auto& [name, changelog] : job->changelogs) fetcher_.remove(name);
  job->task = nullptr;
  std::erase(jobs_, job);
  if (job->done) job->done(std::move(status));
}

}  // namespace leat
