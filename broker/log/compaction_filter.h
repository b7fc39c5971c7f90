// What a pass of the log cleaner keeps of each batch.
//
//   record        the last of its key, as far as the offset map knows; a tombstone until its delete horizon
//   aborted data  nothing
//   marker        until nothing of its transaction is left and its own delete horizon has passed
//   empty batch   where it is the last of a producer that is still known, or the last of its group
//
// A batch whose tombstones or marker may go one day is given a horizon (now + delete.retention.ms) when it is first
// cleaned. (Kafka: Cleaner.cleanInto, CleanedTransactionMetadata)
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "broker/log/offset_map.h"
#include "broker/log/producer_state.h"
#include "broker/wire/record_batch.h"

namespace leat::log {

/// Follows the transactions while a stretch of the log is read in order.
class TransactionsRead {
 public:
  /// `aborted`: all transactions that were aborted and overlap the stretch.
  explicit TransactionsRead(std::vector<AbortedTransaction> aborted);

  /// Whether a batch of records belongs to a transaction that was aborted.
  bool is_aborted(const wire::BatchView& batch);

  struct Marker {
    /// Nothing of its transaction was read: the marker is of no use to anybody who reads from here on.
    bool is_idle = false;
    /// The transaction that it aborted, where some of it was read.
    std::optional<AbortedTransaction> aborted;
  };
  Marker end_of(const wire::BatchView& control_batch, const Buf& owner);

 private:
  struct Aborting {
    AbortedTransaction transaction;
    bool data_seen = false;
  };
  void begin_up_to(std::int64_t offset);

  std::vector<AbortedTransaction> aborted_;  ///< by first offset
  std::size_t next_ = 0;
  std::unordered_map<std::int64_t, Aborting> aborting_;  ///< by producer id
  std::unordered_set<std::int64_t> committing_;          ///< producer ids
};

class CompactionFilter {
 public:
  struct Rules {
    std::int64_t now_ms = 0;
    std::int64_t delete_retention_ms = 0;
    /// Records from here on are kept: the map does not know them.
    std::int64_t map_end = 0;
  };
  CompactionFilter(const OffsetMap& map, Rules rules, std::vector<AbortedTransaction> aborted)
      : map_(map), rules_(rules), transactions_(std::move(aborted)) {}

  /// To be called for each batch of the stretch, in order. Appends to `to` what is left of it; `owner` holds its bytes.
  /// Returns the aborted transaction that ends here and is still needed in the index.
  Result<std::optional<AbortedTransaction>> filter(const wire::BatchView& batch, const Buf& owner,
                                                   const ProducerState& producers, bool last_of_group, Bytes& to);

 private:
  bool keeps(const wire::BatchView& batch, const wire::RecordView& record) const;
  static bool last_of_producer(const wire::BatchView& batch, const ProducerState& producers);

  const OffsetMap& map_;
  Rules rules_;
  TransactionsRead transactions_;
};

}  // namespace leat::log
