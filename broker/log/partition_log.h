// PartitionLog: the records of one partition, on disk and in order.
//
//   log end offset      the next offset to be given
//   durable offset      everything before it survives a power cut
//   high watermark      what consumers may see: the durable offset, or the log end (log.durability=page-cache)
//   last stable offset  what read_committed consumers may see: before the first open transaction
//   log start offset    the first offset that is still there
//
// Lives on the broker's loop. Appends are written at once and made durable together: one sync is under way at a time,
// and what is appended meanwhile joins the next (group commit). A sync that fails takes the log offline: its pages may
// be gone, so nothing of it is trusted again until a restart has recovered it.
//
// The directory is Kafka's: segment files (segment.h), BASE.snapshot of producers (producer_state.h),
// leader-epoch-checkpoint, partition.metadata.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "base/world.h"
#include "broker/log/batch_validator.h"
#include "broker/log/leader_epochs.h"
#include "broker/log/log_config.h"
#include "broker/log/producer_state.h"
#include "broker/log/segment.h"
#include "broker/wire/topic_partition.h"

namespace leat::log {

/// What an append did. `error` is kNone, or nothing was appended.
struct AppendOutcome {
  wire::ErrorCode error = wire::ErrorCode::kNone;
  std::string message;
  std::vector<RecordError> record_errors;
  std::int64_t base_offset = -1;
  std::int64_t last_offset = -1;
  std::int64_t log_append_time_ms = wire::kNoTimestamp;
  bool duplicate = false;  ///< a retry: the offsets are those of the first time
};

struct ReadOutcome {
  wire::ErrorCode error = wire::ErrorCode::kNone;
  BufChain records;                         ///< whole batches; the first may begin before the offset asked for
  std::vector<AbortedTransaction> aborted;  ///< for read_committed: those that overlap the records
};

enum class Isolation { kReadUncommitted, kReadCommitted };

struct OffsetAndTimestamp {
  std::int64_t offset = -1;
  std::int64_t timestamp = -1;
};

/// What the log directory tells about a log: everything before `recovery_point` was durable; after a clean stop the
/// whole log is.
struct LogCheckpoint {
  std::int64_t recovery_point = 0;
  std::int64_t log_start_offset = 0;
  bool clean = false;
  /// The log cleaner has been up to here: before it there are gaps between offsets.
  std::int64_t cleaned_to = 0;
};

class PartitionLog {
 public:
  /// Opens the log in `directory`, recovering it unless the shutdown was clean. Makes it where it is missing, or where
  /// what lies there is of another topic id (a topic of the same name that was deleted), which is set aside.
  ///
  /// Recovery walks the segments from the recovery point on and cuts the log at the first batch that is torn or
  /// damaged. Before the recovery point nothing is ever cut: damaged batches there are stepped over, and a read of them
  /// fails with kCorruptMessage.
  ///
  /// What is appended from now on is of `leader_epoch`, or of the latest that is found there, if that is higher.
  static Result<std::unique_ptr<PartitionLog>> open(World world, const std::string& directory, TopicPartition partition,
                                                    const Uuid& topic_id, const LogConfig& config,
                                                    const LogCheckpoint& checkpoint, std::int32_t leader_epoch = 0);
  ~PartitionLog();

  /// The topic id that the partition in `directory` belongs to; kNotFound where there is none.
  static Result<Uuid> topic_id_in(Files& files, const std::string& directory);

  const TopicPartition& partition() const { return partition_; }
  const LogConfig& config() const { return config_; }
  void configure(const LogConfig& config) { config_ = config; }

  std::int64_t log_start_offset() const { return log_start_offset_; }
  std::int64_t log_end_offset() const { return log_end_offset_; }
  std::int64_t durable_offset() const { return durable_offset_; }
  std::int64_t high_watermark() const;
  std::int64_t last_stable_offset() const;
  /// Upper end of what a reader of this isolation sees.
  std::int64_t readable_end(Isolation isolation) const {
    return isolation == Isolation::kReadCommitted ? last_stable_offset() : high_watermark();
  }
  /// What is appended from now on is of this epoch, where it is a new one.
  void begin_epoch(std::int32_t leader_epoch) {
    if (leader_epochs_.begin(leader_epoch, log_end_offset_)) leader_epochs_written_ = false;
  }
  std::int32_t leader_epoch() const { return leader_epochs_.latest(); }
  const LeaderEpochs& leader_epochs() const { return leader_epochs_; }
  std::uint64_t size_bytes() const;
  const ProducerState& producers() const { return producers_; }
  /// See ProducerState.
  void expect_from(std::int64_t producer_id, std::int16_t epoch, std::int32_t sequence) {
    producers_.expect_from(producer_id, epoch, sequence);
  }
  /// Oldest first; the last one is appended to, the others are closed.
  const std::vector<std::unique_ptr<Segment>>& segments() const { return segments_; }
  bool offline() const { return offline_.has_value(); }

  /// Appends one batch, whose block may not be shared. Does not wait for durability.
  AppendOutcome append(Buf batch, AppendOrigin origin);

  /// Reads from `offset` on. `bytes_max` bounds the answer but for the first batch, which comes whole where
  /// `at_least_one`.
  ReadOutcome read(std::int64_t offset, std::size_t bytes_max, bool at_least_one, Isolation isolation);

  /// Replies once the high watermark has reached `offset`, or with an error when the log goes offline before.
  void when_committed(std::int64_t offset, OneShot<Status> reply);
  /// Calls `wake` once, when `readable_end(isolation)` exceeds what it is now. The token cancels it.
  std::uint64_t wait_for_more(Isolation isolation, MoveFunction<void()> wake);
  void cancel_wait(std::uint64_t token);

  /// The first record with at least this timestamp, below the readable end.
  Result<OffsetAndTimestamp> offset_of_timestamp(std::int64_t timestamp, Isolation isolation);
  OffsetAndTimestamp max_timestamp() const;

  /// Raises the log start offset (DeleteRecords): whole segments before it are removed.
  Status delete_before(std::int64_t offset);
  /// To be called now and then: removes what retention no longer keeps, frees the tail cache of what was appended
  /// before the last call.
  Status maintain();
  /// Forgets producers that have been silent for so long.
  void expire_producers(std::int64_t silence_ms);

  /// For the log cleaner (compaction.h): up to where it has been.
  std::int64_t cleaned_to() const { return cleaned_to_; }
  void note_cleaned_to(std::int64_t offset) { cleaned_to_ = offset; }
  std::vector<AbortedTransaction> aborted_between(std::int64_t from, std::int64_t end) const;
  /// An empty segment beside the log, to be filled and handed to `replace_segments`.
  Result<std::unique_ptr<Segment>> begin_cleaned_segment(std::int64_t base_offset);
  /// Puts a synced copy in the place of the segments from its base offset up to `end`, where the next one begins. All
  /// of it must be durable. kClosed where they are not there any more; a disk that fails in the middle takes the log
  /// offline, and the next start ends what was begun.
  Status replace_segments(std::int64_t end, std::unique_ptr<Segment> cleaned);
  /// Expires with the log.
  std::weak_ptr<bool> life() const { return alive_; }

  /// Makes everything durable and writes indexes and a snapshot, so that the next open needs no recovery.
  Status close();
  /// Deletes the directory. The log must not be used after it.
  Status destroy();

 private:
  struct Waiter {
    Isolation isolation;
    MoveFunction<void()> wake;
  };
  struct Commit {
    std::int64_t offset;
    OneShot<Status> reply;
  };
  /// A batch that was appended lately, for readers at the tail.
  struct TailBatch {
    std::int64_t base_offset;
    std::int64_t last_offset;
    Buf bytes;
  };

  PartitionLog(World world, std::string directory, TopicPartition partition, LogConfig config);
  Status load(const Uuid& topic_id, const LogCheckpoint& checkpoint, std::int32_t leader_epoch);
  Status finish_swaps();
  Status end_swap(Segment& swap, std::span<const std::unique_ptr<Segment>> replaced);
  Status open_segments(const LogCheckpoint& checkpoint);
  Status load_segments(const LogCheckpoint& checkpoint);
  std::size_t load_indexes(const LogCheckpoint& checkpoint);
  Status recover_segments(std::size_t first, const LogCheckpoint& checkpoint);
  Status load_producers(std::int64_t replay_end);
  Status replay_producers(Segment& segment, std::int64_t from, std::int64_t end);
  Status remove_stray_snapshots();
  Status load_leader_epochs(std::int32_t epoch, bool is_new);
  Status write_leader_epochs();
  Status write_metadata(const Uuid& topic_id);
  AppendOutcome refused(Refusal refusal) const;
  bool roll_is_due(const wire::BatchView& batch) const;
  Status roll();
  Status write_snapshot();
  void start_sync();
  void sync_next(std::vector<Segment*> segments, std::int64_t covered);
  void synced(Status status, std::int64_t covered);
  void go_offline(const Error& why);
  void advance();
  Status remove_dead_segments();
  void forget_idle_tail();
  void forget_tail_before(std::int64_t offset);
  void keep_in_tail(std::int64_t base_offset, std::int64_t last_offset, const Buf& batch);
  bool read_from_tail(std::int64_t offset, std::int64_t end, std::size_t bytes_max, bool at_least_one,
                      BufChain& records) const;
  Status read_from_segments(std::int64_t offset, std::int64_t end, std::size_t bytes_max, bool at_least_one,
                            BufChain& records);
  void collect_aborted(std::int64_t offset, std::int64_t end, std::vector<AbortedTransaction>& aborted) const;
  Result<Segment::Place> behind_damage(Segment& segment, std::uint64_t position, std::int64_t offset,
                                       const Error& damage) const;
  std::size_t segment_of(std::int64_t offset) const;
  Segment& active() { return *segments_.back(); }

  World world_;
  std::string directory_;
  TopicPartition partition_;
  LogConfig config_;
  std::vector<std::unique_ptr<Segment>> segments_;
  ProducerState producers_;
  LeaderEpochs leader_epochs_;
  bool leader_epochs_written_ = true;
  /// Whether anything was done since the last clean stop.
  bool changed_ = true;
  std::int64_t log_start_offset_ = 0;
  std::int64_t log_end_offset_ = 0;
  std::int64_t durable_offset_ = 0;
  std::int64_t cleaned_to_ = 0;
  std::int64_t last_watermark_ = 0;
  std::int64_t last_stable_offset_ = 0;
  std::optional<Error> offline_;
  bool sync_under_way_ = false;
  /// Durable as soon as the sync under way has succeeded.
  std::int64_t synced_by_roll_ = 0;
  /// Segments with bytes that no finished sync covers, oldest first; the active one may be among them.
  std::vector<Segment*> unsynced_;
  std::deque<Commit> commits_;
  std::map<std::uint64_t, Waiter> waiters_;
  std::uint64_t next_token_ = 1;
  std::deque<TailBatch> tail_;
  std::size_t tail_bytes_ = 0;
  /// The log end at the last `maintain`: what is older and still in the tail by the next one is idle.
  std::int64_t tail_idle_before_ = 0;
  /// Where the last read from a segment ended: a consumer that goes on there needs no index.
  std::int64_t hint_offset_ = -1;
  std::uint64_t hint_position_ = 0;
  Segment* hint_segment_ = nullptr;
  /// Expires with the log, so that a sync which ends later finds nobody.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::log
