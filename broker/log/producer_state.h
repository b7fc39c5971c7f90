// ProducerState: what a partition knows of its idempotent and transactional producers.
//
// For each producer id: its epoch, its last five batches (to recognise a retry and to refuse a gap), and the first
// offset of the transaction that is open, if one is. The last stable offset is the first offset of the earliest open
// transaction; read_committed consumers do not see beyond it.
//
// Snapshots (BASE.snapshot, Kafka's format) hold the state up to their name's offset, so that start-up replays only the
// batches behind it:
//
//   int16 version 1, uint32 CRC-32C of the rest, int32 count {int64 producer id, int16 epoch, int32 last sequence,
//   int64 last offset, int32 offset delta, int64 timestamp, int32 coordinator epoch, int64 first offset of open txn}
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "broker/wire/error_code.h"
#include "broker/wire/record_batch.h"

namespace leat::log {

/// A transaction that was aborted, as the transaction index and fetch responses tell it.
struct AbortedTransaction {
  std::int64_t producer_id = 0;
  std::int64_t first_offset = 0;
  std::int64_t last_offset = 0;
  /// The last stable offset when the marker was written.
  std::int64_t last_stable_offset = 0;

  bool operator==(const AbortedTransaction&) const = default;
};

struct ProducerEntry {
  struct Batch {
    std::int32_t last_sequence = -1;
    std::int64_t last_offset = -1;
    std::int32_t offset_delta = 0;
    std::int64_t timestamp = -1;
    std::int32_t first_sequence() const {
      return static_cast<std::int32_t>((static_cast<std::int64_t>(last_sequence) - offset_delta) & 0x7fffffff);
    }
  };
  static constexpr std::size_t kBatchesMax = 5;

  std::int16_t epoch = -1;
  std::deque<Batch> batches;
  std::int64_t last_timestamp = -1;
  std::int32_t coordinator_epoch = -1;
  std::optional<std::int64_t> open_transaction_offset;

  std::int32_t last_sequence() const { return batches.empty() ? -1 : batches.back().last_sequence; }
};

class ProducerState {
 public:
  /// What a producer's batch is: new, a retry of one that is stored, or refused.
  struct Verdict {
    wire::ErrorCode error = wire::ErrorCode::kNone;
    std::optional<ProducerEntry::Batch> duplicate;
  };
  /// Judges a batch of a client. Batches without a producer id are always new.
  Verdict judge(const wire::BatchView& batch) const;
  /// A producer means to begin a transaction with this sequence: it may not begin later, until something of it is
  /// appended. Lost with the process.
  void expect_from(std::int64_t producer_id, std::int16_t epoch, std::int32_t sequence);
  /// Judges a transaction marker: refuses those of an older epoch.
  wire::ErrorCode judge_marker(std::int64_t producer_id, std::int16_t epoch) const;

  /// Takes note of a batch that is in the log, with its final offsets. Returns the transaction that a marker aborted.
  std::optional<AbortedTransaction> apply(const wire::BatchView& batch);

  /// First offset that belongs to a transaction which is open, or whose marker lies at or beyond `high_watermark`.
  std::optional<std::int64_t> first_unstable_offset(std::int64_t high_watermark);
  /// Whether the producer has a transaction open here.
  bool in_transaction(std::int64_t producer_id, std::int16_t epoch) const;

  /// Forgets producers without an open transaction that have been silent for `silence_ms`.
  void expire(std::int64_t now_ms, std::int64_t silence_ms);
  void clear();

  Bytes snapshot() const;
  Status load(BytesView snapshot);
  /// The producers by id, for DescribeProducers.
  const std::unordered_map<std::int64_t, ProducerEntry>& producers() const { return producers_; }

 private:
  struct Beginning {
    std::int16_t epoch = -1;
    std::int32_t sequence = 0;
  };
  static constexpr std::size_t kBeginningsMax = 10'000;

  std::unordered_map<std::int64_t, ProducerEntry> producers_;
  std::unordered_map<std::int64_t, Beginning> beginnings_;
  /// First offsets of open transactions.
  std::map<std::int64_t, std::int64_t> open_;
  /// Ended transactions by first offset, with the offset of their marker, until the high watermark has passed it.
  std::map<std::int64_t, std::int64_t> ended_;
};

}  // namespace leat::log
