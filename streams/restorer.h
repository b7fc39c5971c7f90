// Restorer: reads changelogs into the stores of tasks that are starting, from where their state ends to the end of the
// changelog.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "broker/client/fetcher.h"
#include "streams/restore_listener.h"
#include "streams/task.h"

namespace leat {

/// Applies the records of a batch of a changelog that lie before `end`; returns how many.
Result<std::uint64_t> restore_records(StateStore& store, const client::FetchedBatch& batch, std::int64_t end);

using RestoreEvent = void (StateRestoreListener::*)(const RestoreProgress&);
/// Tells the listener, where there is one; an error where it throws.
Status tell(StateRestoreListener* listener, RestoreEvent event, const RestoreProgress& progress);

class Restorer {
 public:
  /// `read_committed` under exactly-once: what was not committed is not state. The listener, where there is one,
  /// outlives the restorer.
  Restorer(client::Cluster& cluster, bool read_committed, std::size_t uncommitted_bytes_max,
           StateRestoreListener* listener = nullptr);
  ~Restorer();

  /// Restores all stores of an opened task, then replies. `source_ends` bounds changelogs that are source topics: the
  /// committed offsets. The task must stay until the reply, or be forgotten.
  void restore(Task& task, std::int32_t partition, const std::map<TopicPartition, std::int64_t>& source_ends,
               OneShot<Status> done);
  void forget(Task& task);

  /// Applies what has come, for so long at most (a batch more): other tasks run meanwhile. To be called in every turn
  /// of the thread. Returns the records applied.
  std::size_t run(Duration at_most);
  bool idle() const { return jobs_.empty(); }
  /// The next offset of a changelog that is being read; nothing where it is not.
  std::optional<std::int64_t> position(const TopicPartition& changelog) const { return fetcher_.position(changelog); }
  std::uint64_t records_restored() const { return records_restored_; }
  /// What the stores of a task that is being restored still lack, in offsets.
  std::int64_t remaining(const Task& task) const;

 private:
  struct Job {
    Task* task = nullptr;
    /// By changelog partition: what is to be read, and up to where.
    struct Changelog {
      TaskState::Changelog changelog;
      std::int64_t end = -1;
      bool done = false;
      bool started = false;
      RestoreProgress progress;
    };
    std::map<TopicPartition, Changelog> changelogs;
    OneShot<Status> done;
    Instant began;
    Instant told;  ///< when the log heard of it last
  };

  Status apply(Job& job, Job::Changelog& changelog, const client::FetchedBatch& batch);
  void suspend(Job& job);
  void log_progress(Job& job);
  void begin(std::shared_ptr<Job> job, const std::map<TopicPartition, std::int64_t>& ends);
  void check(const std::shared_ptr<Job>& job);
  void finish(const std::shared_ptr<Job>& job, Status status);
  Status install(Job& job);

  client::Cluster& cluster_;
  std::size_t uncommitted_bytes_max_;
  client::Fetcher fetcher_;
  StateRestoreListener* listener_;
  std::vector<std::shared_ptr<Job>> jobs_;
  /// Taken from the fetcher, and not yet applied.
  std::deque<client::FetchedBatch> pending_;
  std::uint64_t records_restored_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat
