// GlobalState: the global stores of one stream thread. Every thread has a copy of its own, which it alone reads and
// writes: a join is a plain call.
//
// Before the thread joins its group the topics are read to their end; from then on what comes is taken in between other
// work. Persistent stores keep how far they are, and go on from there after a restart.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/client/fetcher.h"
#include "streams/internal_topics.h"
#include "streams/restore_listener.h"
#include "streams/task.h"
#include "topology/plan.h"

namespace leat {

/// Keeps what is sent until somebody takes it: the global stores write dead letters only, and their thread sends them
/// when it may, in a transaction of its own.
class HeldRecords final : public RecordCollector {
 public:
  void send(const Outgoing& record) override;
  std::int32_t partition_count(std::string_view) override { return 1; }
  void send_when_known(const Outgoing& record, Choose) override { send(record); }

  bool empty() const { return held_.empty(); }
  void clear() { held_.clear(); }
  void send_to(RecordCollector& collector);

 private:
  struct Held {
    std::string topic;
    std::optional<Bytes> key;
    std::optional<Bytes> value;
    std::optional<std::int64_t> timestamp;
    Headers headers;
  };
  std::vector<Held> held_;
};

class GlobalState {
 public:
  /// `cluster` outlives it. `persist_every`: how often the disk is brought up to date. The listener, where there is
  /// one, outlives it too, and hears of `start`.
  GlobalState(client::Cluster& cluster, const Plan& plan, Task::Options options, std::unique_ptr<StateBackend> backend,
              Duration persist_every, StateRestoreListener* listener = nullptr);
  ~GlobalState();

  /// Reads the topics, which have so many partitions, to where they end now; then replies. `turn` must be called
  /// meanwhile.
  void start(const PartitionCounts& counts, OneShot<Status> done);
  /// Takes in what has come; returns whether there was something. After an error the state is of no use any more.
  Result<bool> turn();

  const TaskState& state() const { return task_.state(); }
  /// The store of that name; null where none of the global ones has it.
  StateStore* find(const std::string& store) const { return task_.state().find(store); }
  HeldRecords& dead_letters() { return dead_letters_; }
  std::int64_t records_read() const { return task_.processed_total(); }

 private:
  Status persist();
  void check_caught_up();
  Status tell_start();
  Status tell_progress();

  client::Cluster& cluster_;
  HeldRecords dead_letters_;
  Task task_;
  client::Fetcher fetcher_;
  Duration persist_every_;
  Instant persisted_at_;
  std::map<TopicPartition, std::int64_t> ends_;  ///< of those that are still being caught up with
  OneShot<Status> caught_up_;
  StateRestoreListener* listener_;
  std::map<TopicPartition, std::int64_t> fetched_from_;
  struct Added {
    std::int64_t records = 0;
    std::int64_t bytes = 0;
  };
  std::map<TopicPartition, Added> added_;                ///< while `start` is under way
  std::map<TopicPartition, RestoreProgress> restoring_;  ///< what the listener hears of
  Instant began_;
  bool dirty_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat
