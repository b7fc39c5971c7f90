// StandbyUpdater: keeps copies of other members' tasks up to date, by reading their changelogs for as long as they are
// here. A standby is a Task that is opened and never started: nothing but its stores lives.
//
// What was read is made permanent now and then, so that a restart, or a promotion, goes on from there. Stores whose
// changelog is a source topic are left alone: how far that may be read, only the active task's commits tell.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "broker/client/fetcher.h"
#include "streams/restore_listener.h"
#include "streams/task.h"

namespace leat {

class StandbyUpdater {
 public:
  struct Options {
    /// Under exactly-once: what was not committed is not state.
    bool read_committed = false;
    /// What may wait in memory for all standbys before it is made permanent, and how long.
    std::size_t uncommitted_bytes_max = 0;
    Duration install_every{};
    /// Outlives the updater. Null: nobody wants to know.
    StandbyUpdateListener* listener = nullptr;
  };

  /// `cluster` outlives it.
  StandbyUpdater(client::Cluster& cluster, Options options);

  /// Follows the changelogs of an opened task from where its state ends. The task must stay until it is removed.
  void add(Task& task, std::int32_t partition);
  /// Makes permanent what was read.
  Status remove(Task& task, StandbyUpdateListener::Reason reason);
  /// Applies some of what has come; returns whether there was something. To be called in every turn of the thread.
  Result<bool> turn();

  /// The next offset of a changelog; nothing where it is not followed.
  std::optional<std::int64_t> position(const TopicPartition& changelog) const { return fetcher_.position(changelog); }
  /// Kafka's measure of how far a standby is: the offsets of its changelogs together.
  std::int64_t offset_sum(const Task& task) const;
  /// How far the slowest task is from the ends of its changelogs, as far as these are known; nothing known is far.
  std::int64_t lag_max() const;
  std::uint64_t records_read() const { return records_read_; }

 private:
  struct Followed {
    Task* task = nullptr;
    TaskState::Changelog changelog;
    StandbyProgress progress;
  };

  template <class Tell>
  Status tell(const Tell& tell_it) const;
  Status install(Task& task);
  Status install_all();

  client::Cluster& cluster_;
  Options options_;
  client::Fetcher fetcher_;
  std::map<TopicPartition, Followed> followed_;
  std::set<Task*> changed_;  ///< since their last install
  /// Partitions take turns, so that none holds up the active tasks for long.
  std::optional<TopicPartition> last_taken_;
  Instant installed_at_;
  std::uint64_t records_read_ = 0;
};

}  // namespace leat
