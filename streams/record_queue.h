// RecordQueue: the fetched batches of one input partition of a task, and the record at their head.
//
// Batches are queued, not their records; a cursor walks them. The head is decoded when it becomes the head, because
// its timestamp (which an extractor may take from its value) decides when it is its turn. A record that does not
// decode is handed to the deserialization handler then; a run of such records at the end of the queue leaves a head
// that only moves the offset (Kafka's CorruptedRecord).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "broker/wire/record_batch.h"
#include "broker/wire/topic_partition.h"
#include "topology/node.h"

namespace leat::detail {

/// A source node and the queue whose head it holds decoded, for sources of several partitions.
struct SourceSlot {
  SourceNode* node = nullptr;
  const void* decoded_for = nullptr;
  /// Those that hear of records ahead of time.
  std::vector<StateStore*> stores;
};

class RecordQueue {
 public:
  /// True: the record is skipped; false: the task fails.
  using OnUndecodable = std::function<bool(const wire::RecordView& record, const Error& error)>;
  using OnDropped = std::function<void(DropCause cause)>;

  RecordQueue(TopicPartition partition, SourceSlot& source, OnDropped on_dropped);
  void on_undecodable(OnUndecodable handler) { on_undecodable_ = std::move(handler); }

  const RecordMetadata& metadata() const { return metadata_; }
  bool empty() const { return !has_head_; }
  std::int64_t head_timestamp() const { return head_timestamp_; }
  std::int64_t head_offset() const { return head_.offset; }
  bool head_is_corrupted() const { return corrupted_; }
  const wire::RecordView& head() const { return head_; }
  /// Records that are queued, the head included; those of batches not opened yet count as their headers say.
  std::int64_t size() const { return records_; }

  std::int64_t partition_time() const { return partition_time_; }
  void set_partition_time(std::int64_t time) { partition_time_ = time; }

  /// Adds a batch behind the others. `owner` keeps its bytes alive.
  Status add(const wire::BatchView& batch, Buf owner);
  /// What has been processed.
  const TopicFlow& flow() const { return flow_; }
  /// Sends the head into the topology; `context` has been set for it.
  void process_head(RecordContext& context);
  /// Takes the head away and decodes the next one.
  Status advance();
  void clear();

 private:
  Status update_head();
  Result<bool> next_record();
  bool take_ahead();
  void expect(const wire::RecordView& record, Comes comes) const;
  Status decode_head();
  /// The head as its source wants to see it.
  RawRecord raw_head();
  Result<std::int64_t> timestamp_of_head();

  struct Batch {
    wire::BatchView view;
    Buf owner;
  };

  RecordMetadata metadata_;
  TopicFlow flow_;
  SourceSlot& source_;
  OnUndecodable on_undecodable_;
  OnDropped on_dropped_;
  std::deque<Batch> batches_;
  wire::RecordCursor cursor_;
  bool cursor_open_ = false;
  std::int64_t records_ = 0;
  /// The records behind the head, read before their turn so that stores can be told of them. They are of the cursor's
  /// batch.
  static constexpr std::size_t kAhead = 8;
  static constexpr std::size_t kNear = 5, kNext = 2;  ///< so many before its turn a record is told of again
  std::array<wire::RecordView, kAhead> ahead_;
  std::size_t ahead_first_ = 0;
  std::size_t ahead_count_ = 0;
  wire::RecordView head_;
  bool has_head_ = false;
  bool corrupted_ = false;
  Headers head_headers_;
  std::vector<wire::RecordHeader> raw_headers_;
  std::int64_t head_timestamp_ = -1;
  std::int64_t partition_time_ = -1;

 public:
  // Of the task.
  std::optional<std::int64_t> consumed_offset;  ///< of the last record processed
  std::int64_t committed_offset = 0;            ///< where the task began
  std::optional<std::int64_t> position;         ///< the next offset that will be fetched
  std::optional<std::int64_t> lag;              ///< how far the fetches are behind the partition's end
  std::optional<std::int64_t> idle_deadline_ms;
};

}  // namespace leat::detail
