#include "broker/coordinator/transaction_coordinator.h"

#include <algorithm>

#include "base/log.h"

namespace leat::coordinator {

using wire::ErrorCode;

namespace {

constexpr std::int32_t kCoordinatorEpoch = 0;
constexpr std::int16_t kEpochMax = 32766;
constexpr auto kRetryAfter = std::chrono::milliseconds(500);

ProducerReply failed(ErrorCode error) { return {.error = error}; }

}  // namespace

TransactionCoordinator::TransactionCoordinator(World world, log::PartitionLog& log,
                                               TransactionSurroundings& surroundings, std::int32_t timeout_ms_max)
    : world_(world), runtime_(world, log, *this), surroundings_(surroundings), timeout_ms_max_(timeout_ms_max) {}

TransactionCoordinator::~TransactionCoordinator() {
  for (auto& [id, transaction] : transactions_)
    if (transaction.timeout) world_.loop.cancel(*transaction.timeout);
}

Status TransactionCoordinator::load() {
  LEAT_RETURN_IF_ERROR(runtime_.replay());
  for (auto& [id, transaction] : transactions_) {
    transaction.writes_under_way = 0;
    if (transaction.ending()) write_markers(id, [](Status) {});
  }
  return {};
}

Transaction* TransactionCoordinator::find(const std::string& transactional_id) {
  const auto found = transactions_.find(transactional_id);
  return found == transactions_.end() ? nullptr : &found->second;
}

void TransactionCoordinator::apply(const wire::RecordView& record, const WriterIdentity& /*writer*/) {
  auto read = Transaction::from_record(record);
  if (!read) return;
  Transaction& transaction = transactions_[read->id];
  if (transaction.timeout) world_.loop.cancel(*transaction.timeout);
  // The epoch before is known while the process lives; a record says it only in part.
  if (transaction.producer_id == read->producer_id && transaction.producer_epoch != read->producer_epoch)
    read->last_producer_epoch = transaction.producer_epoch;
  else if (transaction.producer_id == read->producer_id && transaction.last_producer_epoch >= 0)
    read->last_producer_epoch = transaction.last_producer_epoch;
  read->writes_under_way = transaction.writes_under_way;
  transaction = std::move(*read);
  watch(transaction);
}

/// Aborts an ongoing transaction when its time is over.
void TransactionCoordinator::watch(Transaction& transaction) {
  transaction.timeout.reset();
  if (transaction.state != TransactionState::kOngoing) return;
  const std::int64_t left_ms = transaction.start_timestamp_ms + transaction.timeout_ms - world_.loop.wall_clock_ms();
  transaction.timeout =
      world_.loop.call_at(world_.loop.now() + std::chrono::milliseconds(std::max<std::int64_t>(left_ms, 0)),
                          [this, id = transaction.id] { time_out(id); });
}

void TransactionCoordinator::time_out(const std::string& transactional_id) {
  Transaction* transaction = find(transactional_id);
  if (transaction == nullptr) return;
  transaction->timeout.reset();
  if (transaction->state != TransactionState::kOngoing) return;
  if (transaction->writes_under_way > 0) return watch(*transaction);
  log_line(LogLevel::kInfo, "transactions", "transaction timed out and is aborted",
           {{"transactional_id", transactional_id}, {"timeout_ms", std::to_string(transaction->timeout_ms)}});
  prepare(*transaction, false, static_cast<std::int16_t>(transaction->producer_epoch + 1),
          [this, transactional_id](Status prepared) {
            Transaction* still_open = find(transactional_id);
            if (prepared || runtime_.offline() || still_open == nullptr || still_open->timeout) return;
            // The disk refused the record: nothing has changed.
            still_open->timeout = world_.loop.call_at(world_.loop.now() + kRetryAfter,
                                                      [this, transactional_id] { time_out(transactional_id); });
          });
}

void TransactionCoordinator::change(Transaction next, MoveFunction<void(Status)> then) {
  const std::string id = next.id;
  next.update_timestamp_ms = world_.loop.wall_clock_ms();
  ++transactions_[id].writes_under_way;
  std::vector<InternalRecord> records;
  records.push_back(next.record());
  runtime_.write(std::move(records), [this, id, then = std::move(then)](Status status) mutable {
    if (Transaction* transaction = find(id)) --transaction->writes_under_way;
    then(std::move(status));
  });
}

void TransactionCoordinator::init_producer(const ProducerClaim& claim, std::int32_t timeout_ms,
                                           OneShot<ProducerReply> reply) {
  if (claim.transactional_id.empty()) return reply(failed(ErrorCode::kInvalidRequest));
  if (runtime_.offline()) return reply(failed(ErrorCode::kCoordinatorNotAvailable));
  if (timeout_ms <= 0 || timeout_ms > timeout_ms_max_) return reply(failed(ErrorCode::kInvalidTransactionTimeout));
  if (Transaction* known = find(claim.transactional_id); known != nullptr && known->producer_id >= 0)
    return init_known(*known, claim, timeout_ms, std::move(reply));
  surroundings_.next_producer_id([this, claim, timeout_ms, reply = std::move(reply)](Result<std::int64_t> id) mutable {
    if (!id) return reply(failed(ErrorCode::kCoordinatorNotAvailable));
    if (Transaction* raced = find(claim.transactional_id); raced != nullptr && raced->producer_id >= 0)
      return reply(failed(ErrorCode::kConcurrentTransactions));
    Transaction created;
    created.id = claim.transactional_id;
    created.producer_id = *id;
    created.producer_epoch = 0;
    created.timeout_ms = timeout_ms;
    change(std::move(created), [id = *id, reply = std::move(reply)](Status status) mutable {
      reply(status ? ProducerReply{.producer_id = id, .producer_epoch = 0}
                   : failed(ErrorCode::kCoordinatorNotAvailable));
    });
  });
}

void TransactionCoordinator::init_known(Transaction& transaction, const ProducerClaim& claim, std::int32_t timeout_ms,
                                        OneShot<ProducerReply> reply) {
  if (transaction.writes_under_way > 0) return reply(failed(ErrorCode::kConcurrentTransactions));
  const bool claims_id = claim.producer_id >= 0;
  const bool is_current =
      claim.producer_id == transaction.producer_id && claim.producer_epoch == transaction.producer_epoch;
  const bool is_retry =
      (claim.producer_id == transaction.producer_id || claim.producer_id == transaction.previous_producer_id) &&
      claim.producer_epoch == transaction.last_producer_epoch && !is_current;
  if (claims_id && !is_current && !is_retry) return reply(failed(ErrorCode::kProducerFenced));
  if (transaction.ending()) return reply(failed(ErrorCode::kConcurrentTransactions));
  if (transaction.state == TransactionState::kOngoing) {
    // The transaction that is open is aborted under a raised epoch; the producer comes again.
    prepare(transaction, false, static_cast<std::int16_t>(transaction.producer_epoch + 1), [](Status) {});
    return reply(failed(ErrorCode::kConcurrentTransactions));
  }
  Transaction next = transaction;
  next.timeout.reset();
  next.state = TransactionState::kEmpty;
  next.partitions.clear();
  next.timeout_ms = timeout_ms;
  next.start_timestamp_ms = -1;
  if (claims_id && is_retry) {
    // The answer to an earlier try was lost: it is given again.
  } else if (transaction.producer_epoch >= kEpochMax) {
    return surroundings_.next_producer_id([this, next, reply = std::move(reply)](Result<std::int64_t> id) mutable {
      if (!id) return reply(failed(ErrorCode::kCoordinatorNotAvailable));
      next.previous_producer_id = next.producer_id;
      next.producer_id = *id;
      next.producer_epoch = 0;
      change(std::move(next), [id = *id, reply = std::move(reply)](Status status) mutable {
        reply(status ? ProducerReply{.producer_id = id, .producer_epoch = 0}
                     : failed(ErrorCode::kCoordinatorNotAvailable));
      });
    });
  } else {
    next.producer_epoch = static_cast<std::int16_t>(transaction.producer_epoch + 1);
  }
  const ProducerReply good{.producer_id = next.producer_id, .producer_epoch = next.producer_epoch};
  change(std::move(next), [good, reply = std::move(reply)](Status status) mutable {
    reply(status ? good : failed(ErrorCode::kCoordinatorNotAvailable));
  });
}

ErrorCode TransactionCoordinator::judge(const Transaction* transaction, const ProducerClaim& claim) const {
  if (claim.transactional_id.empty()) return ErrorCode::kInvalidRequest;
  if (runtime_.offline()) return ErrorCode::kCoordinatorNotAvailable;
  if (transaction == nullptr || transaction->producer_id != claim.producer_id)
    return ErrorCode::kInvalidProducerIdMapping;
  return transaction->producer_epoch == claim.producer_epoch ? ErrorCode::kNone : ErrorCode::kProducerFenced;
}

void TransactionCoordinator::add_partitions(const ProducerClaim& claim, const std::set<TopicPartition>& partitions,
                                            std::int16_t transaction_version, OneShot<ErrorCode> reply) {
  Transaction* transaction = find(claim.transactional_id);
  if (const ErrorCode error = judge(transaction, claim); error != ErrorCode::kNone) return reply(error);
  if (transaction->ending()) return reply(ErrorCode::kConcurrentTransactions);
  const bool all_known = transaction->state == TransactionState::kOngoing &&
                         std::includes(transaction->partitions.begin(), transaction->partitions.end(),
                                       partitions.begin(), partitions.end());
  OneShot<Status> durable([reply = std::move(reply)](Status status) mutable {
    reply(status ? ErrorCode::kNone : ErrorCode::kCoordinatorNotAvailable);
  });
  // An addition that is not durable yet is no hindrance: this one lies behind it in the log.
  if (all_known) return runtime_.write({}, std::move(durable));
  Transaction next = *transaction;
  next.timeout.reset();
  if (next.state != TransactionState::kOngoing) {
    next.partitions.clear();
    next.start_timestamp_ms = world_.loop.wall_clock_ms();
  }
  next.state = TransactionState::kOngoing;
  next.partitions.insert(partitions.begin(), partitions.end());
  next.client_transaction_version = transaction_version;
  change(std::move(next), [durable = std::move(durable)](Status status) mutable { durable(std::move(status)); });
}

ErrorCode TransactionCoordinator::verify(const ProducerClaim& claim, const TopicPartition& partition) const {
  const auto found = transactions_.find(claim.transactional_id);
  const Transaction* transaction = found == transactions_.end() ? nullptr : &found->second;
  if (const ErrorCode error = judge(transaction, claim); error != ErrorCode::kNone) return error;
  if (transaction->ending()) return ErrorCode::kConcurrentTransactions;
  return transaction->state == TransactionState::kOngoing && transaction->partitions.contains(partition)
             ? ErrorCode::kNone
             : ErrorCode::kTransactionAbortable;
}

void TransactionCoordinator::end(const ProducerClaim& claim, bool commit, bool raise_epoch,
                                 OneShot<ProducerReply> reply) {
  Transaction* transaction = find(claim.transactional_id);
  if (claim.transactional_id.empty()) return reply(failed(ErrorCode::kInvalidRequest));
  if (runtime_.offline()) return reply(failed(ErrorCode::kCoordinatorNotAvailable));
  if (transaction == nullptr || transaction->producer_id != claim.producer_id)
    return reply(failed(ErrorCode::kInvalidProducerIdMapping));
  const bool committed =
      transaction->state == TransactionState::kCompleteCommit || transaction->state == TransactionState::kPrepareCommit;
  const bool of_last_epoch = raise_epoch && claim.producer_epoch == transaction->last_producer_epoch &&
                             claim.producer_epoch == transaction->producer_epoch - 1;
  if (claim.producer_epoch != transaction->producer_epoch && !of_last_epoch)
    return reply(failed(ErrorCode::kProducerFenced));
  if (transaction->writes_under_way > 0) return reply(failed(ErrorCode::kConcurrentTransactions));
  if (of_last_epoch || (!raise_epoch && (transaction->ended() || transaction->ending()))) {
    // A retry of an end whose answer was lost, or the opposite of what was decided.
    if (!transaction->ended() && !transaction->ending()) return reply(failed(ErrorCode::kProducerFenced));
    if (committed != commit) return reply(failed(ErrorCode::kInvalidTxnState));
    if (transaction->ending()) return reply(failed(ErrorCode::kConcurrentTransactions));
    return reply({.producer_id = transaction->producer_id, .producer_epoch = transaction->producer_epoch});
  }
  if (transaction->ending()) return reply(failed(ErrorCode::kConcurrentTransactions));
  const bool nothing_open = transaction->state != TransactionState::kOngoing;
  if (nothing_open && (commit || !raise_epoch)) return reply(failed(ErrorCode::kInvalidTxnState));
  const auto epoch = static_cast<std::int16_t>(transaction->producer_epoch + (raise_epoch ? 1 : 0));
  const std::int64_t producer_id = transaction->producer_id;
  prepare(*transaction, commit, epoch, [producer_id, epoch, reply = std::move(reply)](Status status) mutable {
    if (!status) return reply(failed(ErrorCode::kCoordinatorNotAvailable));
    reply({.producer_id = producer_id, .producer_epoch = epoch});
  });
}

/// The point of no return: once this record is durable, the outcome is decided.
void TransactionCoordinator::prepare(const Transaction& transaction, bool commit, std::int16_t epoch,
                                     MoveFunction<void(Status)> ended) {
  Transaction next = transaction;
  next.timeout.reset();
  if (next.state != TransactionState::kOngoing) next.partitions.clear();
  next.state = commit ? TransactionState::kPrepareCommit : TransactionState::kPrepareAbort;
  next.producer_epoch = epoch;
  change(std::move(next), [this, id = transaction.id, ended = std::move(ended)](Status status) mutable {
    if (!status) return ended(std::move(status));
    write_markers(id, std::move(ended));
  });
}

void TransactionCoordinator::write_markers(const std::string& transactional_id, MoveFunction<void(Status)> ended) {
  const Transaction* transaction = find(transactional_id);
  if (transaction == nullptr || !transaction->ending()) return ended({});
  struct Round {
    std::size_t left;
    bool failed = false;
    MoveFunction<void(Status)> ended;
  };
  const std::set<TopicPartition> partitions = transaction->partitions;
  const WriterIdentity writer = transaction->writer();
  const bool commit = transaction->state == TransactionState::kPrepareCommit;
  auto round = std::make_shared<Round>(Round{partitions.size() + 1, false, std::move(ended)});
  const auto one_done = [this, transactional_id, round](Status status) {
    if (!status && status.error().kind != ErrorKind::kNotFound) round->failed = true;
    if (--round->left > 0) return;
    if (!round->failed) return complete(transactional_id, std::move(round->ended));
    // The outcome stands; the markers are tried until they are written.
    world_.loop.call_at(world_.loop.now() + kRetryAfter,
                        [this, transactional_id, round] { write_markers(transactional_id, std::move(round->ended)); });
  };
  for (const TopicPartition& partition : partitions)
    surroundings_.write_marker(partition, writer, kCoordinatorEpoch, commit, one_done);
  one_done({});
}

void TransactionCoordinator::complete(const std::string& transactional_id, MoveFunction<void(Status)> ended) {
  Transaction* transaction = find(transactional_id);
  if (transaction == nullptr || !transaction->ending()) return ended({});
  Transaction next = *transaction;
  next.timeout.reset();
  next.state = transaction->state == TransactionState::kPrepareCommit ? TransactionState::kCompleteCommit
                                                                      : TransactionState::kCompleteAbort;
  next.partitions.clear();
  next.update_timestamp_ms = world_.loop.wall_clock_ms();
  // Nobody waits for this record: if it is lost, the markers are written again and change nothing.
  std::vector<InternalRecord> records;
  records.push_back(next.record());
  runtime_.write(std::move(records), [this, transactional_id](Status status) {
    if (status || runtime_.offline()) return;
    world_.loop.call_at(world_.loop.now() + kRetryAfter,
                        [this, transactional_id] { complete(transactional_id, [](Status) {}); });
  });
  ended({});
}

}  // namespace leat::coordinator
