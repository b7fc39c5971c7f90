// OffsetStore: the committed offsets of all groups of one __consumer_offsets partition, and those that transactions
// have staged and not yet ended.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "broker/coordinator/state_machine.h"
#include "broker/wire/topic_partition.h"

namespace leat::coordinator {

struct CommittedOffset {
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  std::string metadata;
  std::int64_t commit_timestamp_ms = 0;
  /// Where the record lies in the log; not part of it.
  std::int64_t log_offset = -1;
  /// When it expires, where a client of old has asked for that; -1: by the retention of the broker.
  std::int64_t expire_timestamp_ms = -1;
};

using OffsetsByPartition = std::map<TopicPartition, CommittedOffset>;

class OffsetStore {
 public:
  const CommittedOffset* find(const std::string& group, const TopicPartition& partition) const;
  const OffsetsByPartition* of_group(const std::string& group) const;
  const std::map<std::string, OffsetsByPartition>& all() const { return committed_; }
  /// Whether a transaction that has not ended has staged an offset for this partition.
  bool has_pending(const std::string& group, const TopicPartition& partition) const;
  bool has_pending(const std::string& group) const;

  static InternalRecord record(const std::string& group, const TopicPartition& partition,
                               const CommittedOffset& offset);
  static InternalRecord tombstone(const std::string& group, const TopicPartition& partition);

  void apply(const std::string& group, const TopicPartition& partition, std::optional<CommittedOffset> offset,
             const WriterIdentity& writer);
  void apply_end(std::int64_t producer_id, bool committed);

 private:
  std::map<std::string, OffsetsByPartition> committed_;
  /// By producer id, then group.
  std::map<std::int64_t, std::map<std::string, OffsetsByPartition>> pending_;
};

}  // namespace leat::coordinator
