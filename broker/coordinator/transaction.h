// Transaction: what the coordinator knows of one transactional id.
//
//   Empty -> Ongoing -> PrepareCommit -> CompleteCommit -> Ongoing ...
//                    `> PrepareAbort  -> CompleteAbort  -> Ongoing ...
//
// With a Prepare record in the log the outcome is decided; the markers follow, and are written again after a crash. An
// epoch is raised by InitProducerId, by the coordinator when it aborts a transaction on its own, and, in transactions
// of version 2 (KIP-890), at every end: so a delayed request of an earlier transaction never fits a later one.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/loop.h"
#include "broker/coordinator/state_machine.h"
#include "broker/wire/topic_partition.h"

namespace leat::coordinator {

enum class TransactionState : std::int8_t {
  kEmpty = 0,
  kOngoing = 1,
  kPrepareCommit = 2,
  kPrepareAbort = 3,
  kCompleteCommit = 4,
  kCompleteAbort = 5,
  kDead = 6,
};

/// Transactions of this version raise the epoch at every end (KIP-890).
inline constexpr std::int16_t kTransactionVersionThatRaisesEpoch = 2;

/// Kafka's name, as ListTransactions tells it.
std::string_view name(TransactionState state);

struct Transaction {
  std::string id;
  std::int64_t producer_id = -1;
  /// Whose epochs were used up; an end that is sent again may still name it.
  std::int64_t previous_producer_id = -1;
  /// While the transaction that uses up the epochs ends: the id it goes on with, else -1.
  std::int64_t next_producer_id = -1;
  std::int16_t producer_epoch = -1;
  /// The epoch with which the same producer may repeat the request that raised it; -1 where another producer, or a
  /// restart, came between.
  std::int16_t last_producer_epoch = -1;
  std::int32_t timeout_ms = 0;
  TransactionState state = TransactionState::kEmpty;
  std::set<TopicPartition> partitions;
  std::int64_t start_timestamp_ms = -1;
  std::int64_t update_timestamp_ms = -1;
  std::int16_t client_transaction_version = 0;
  std::optional<TimerId> timeout;
  /// Records that change the state and are appended, but not yet durable.
  int writes_under_way = 0;

  bool ending() const { return state == TransactionState::kPrepareCommit || state == TransactionState::kPrepareAbort; }
  bool ended() const { return state == TransactionState::kCompleteCommit || state == TransactionState::kCompleteAbort; }
  WriterIdentity writer() const { return {producer_id, producer_epoch}; }

  /// The record of __transaction_state that holds it.
  InternalRecord record() const;
  /// The one after which it is forgotten.
  InternalRecord tombstone() const;
  /// Whose key it is; nothing for keys that are none.
  static std::optional<std::string> id_of(const wire::RecordView& record);
  /// Reads such a record; nothing for keys and values that are none.
  static std::optional<Transaction> from_record(const wire::RecordView& record);
};

}  // namespace leat::coordinator
