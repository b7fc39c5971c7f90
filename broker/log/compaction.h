// Compaction: one pass of the log cleaner over one partition.
//
//   map      the keys of the dirty segments are read into an OffsetMap: which offset of each is the last
//   copy     segment by segment, from the start of the log, what the filter keeps is written to BASE.log.cleaned; small
//            segments are gathered into one
//   replace  the copy is synced and takes the place of the segments it came from (PartitionLog::replace_segments)
//
// The work is done on the log's loop in small steps, between which appends and fetches go on. The segments that it
// reads are closed, durable, and below the last stable offset. Where they are deleted meanwhile, the pass ends early.
#pragma once

#include <memory>
#include <vector>

#include "broker/log/compaction_filter.h"
#include "broker/log/offset_map.h"
#include "broker/log/partition_log.h"

namespace leat::log {

/// What a pass over a log would have to do.
struct CompactionPlan {
  std::int64_t first_dirty = 0;  ///< before it, no key is there twice
  std::int64_t end = 0;          ///< the start of the first segment that must not be cleaned yet
  std::uint64_t clean_bytes = 0;
  std::uint64_t dirty_bytes = 0;
  /// max.compaction.lag.ms has passed for some of it.
  bool overdue = false;

  double dirty_ratio() const {
    return dirty_bytes == 0 ? 0 : static_cast<double>(dirty_bytes) / static_cast<double>(clean_bytes + dirty_bytes);
  }
  /// Whether it is worth it (min.cleanable.dirty.ratio), or has to be done.
  bool is_due(const LogConfig& config) const {
    return dirty_bytes > 0 && (overdue || dirty_ratio() > config.dirty_ratio_min);
  }
};

/// (Kafka: LogCleanerManager.cleanableOffsets)
CompactionPlan plan_compaction(const PartitionLog& log, std::int64_t now_ms);

class Compaction {
 public:
  struct Figures {
    std::uint64_t bytes_before = 0;
    std::uint64_t bytes_after = 0;
  };

  Compaction(World world, PartitionLog& log, const CompactionPlan& plan, std::size_t map_bytes_max);
  ~Compaction();

  /// Begins. Replies when the log is clean up to where the map reached, or with the reason why not: kClosed where
  /// the log went away. The caller keeps this object until then; to destroy it is to stop the pass.
  void run(OneShot<Result<Figures>> done);

 private:
  enum class Phase { kMap, kCopy, kReplace };

  void step();
  void step_later();
  /// Both do one step, and return whether their phase is over.
  Result<bool> map_some();
  Result<bool> copy_some();
  Status map_batch(const wire::BatchView& batch, const Buf& owner);
  void begin_copy();
  Status begin_group();
  /// `last_block`: of what becomes one segment.
  Status copy_block(const Buf& block, bool last_block);
  void replace(Status synced);
  void end(Status status);
  /// The segment that is read, as long as it is there.
  Result<Segment*> source(std::size_t index) const;
  std::int64_t source_end() const { return bases_[at_ + 1]; }

  World world_;
  PartitionLog& log_;
  std::weak_ptr<bool> log_life_;
  CompactionPlan plan_;
  std::int64_t now_ms_;
  OffsetMap map_;
  std::int64_t map_end_;
  bool map_full_ = false;
  TransactionsRead transactions_;
  std::unique_ptr<CompactionFilter> filter_;
  Phase phase_ = Phase::kMap;
  /// Where each segment begins that is read, and, last, where the one behind them does.
  std::vector<std::int64_t> bases_;
  std::size_t at_ = 0;          ///< the segment that is read, as an index into bases_
  std::uint64_t position_ = 0;  ///< in that segment
  std::size_t group_begin_ = 0;
  std::size_t group_end_ = 0;
  std::unique_ptr<Segment> cleaned_;
  Figures figures_;
  OneShot<Result<Figures>> done_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::log
