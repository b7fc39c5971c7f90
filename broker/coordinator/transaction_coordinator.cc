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
  if (!record.value) return forget(record);
  auto read = Transaction::from_record(record);
  if (!read) return;
  Transaction& transaction = transactions_[read->id];
  if (transaction.timeout) world_.loop.cancel(*transaction.timeout);
  if (appended_ != nullptr) read->last_producer_epoch = appended_->last_producer_epoch;
  read->writes_under_way = transaction.writes_under_way;
  transaction = std::move(*read);
  watch(transaction);
}

/// Aborts an ongoing transaction when its time is over.
void TransactionCoordinator::watch(Transaction& transaction) {
  transaction.timeout.reset();
  if (transaction.state != TransactionState::kOngoing) return;
  const std::int64_t now_ms = world_.loop.wall_clock_ms();
  // A begin that lies in the future is of a clock that was set back.
  const std::int64_t began_ms = std::clamp<std::int64_t>(transaction.start_timestamp_ms, 0, now_ms);
  const std::int64_t left_ms = std::max<std::int64_t>(transaction.timeout_ms - (now_ms - began_ms), 0);
  transaction.timeout = world_.loop.call_at(world_.loop.now() + std::chrono::milliseconds(left_ms),
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
  prepare(*transaction, false, true, [this, transactional_id](Status status) {
    // The log refused the record: the transaction is still open, and its time still over.
    Transaction* open = find(transactional_id);
    if (status || runtime_.offline() || open == nullptr || open->state != TransactionState::kOngoing) return;
    open->timeout =
        world_.loop.call_at(world_.loop.now() + kRetryAfter, [this, transactional_id] { time_out(transactional_id); });
  });
}

void TransactionCoordinator::append(const Transaction& next, OneShot<Status> released) {
  std::vector<InternalRecord> records;
  records.push_back(next.record());
  appended_ = &next;
  runtime_.write(std::move(records), std::move(released));
  appended_ = nullptr;
}

void TransactionCoordinator::change(Transaction next, MoveFunction<void(Status)> then) {
  const std::string id = next.id;
  next.timeout.reset();
  next.update_timestamp_ms = world_.loop.wall_clock_ms();
  ++transactions_[id].writes_under_way;
  append(next, [this, id, then = std::move(then)](Status status) mutable {
    if (Transaction* transaction = find(id)) {
      --transaction->writes_under_way;
      if (transaction->producer_id < 0) transactions_.erase(id);  // it never came to be
    }
    then(std::move(status));
  });
}

Transaction* TransactionCoordinator::resume(const Transaction& before) {
  Transaction* now = find(before.id);
  if (now == nullptr) return nullptr;
  --now->writes_under_way;
  const bool same = now->producer_id == before.producer_id && now->producer_epoch == before.producer_epoch;
  return same && now->writes_under_way == 0 ? now : nullptr;
}

void TransactionCoordinator::init_producer(const ProducerClaim& claim, std::int32_t timeout_ms,
                                           OneShot<ProducerReply> reply) {
  if (claim.transactional_id.empty()) return reply(failed(ErrorCode::kInvalidRequest));
  if (runtime_.offline()) return reply(failed(ErrorCode::kCoordinatorNotAvailable));
  if (timeout_ms <= 0 || timeout_ms > timeout_ms_max_) return reply(failed(ErrorCode::kInvalidTransactionTimeout));
  if (Transaction* known = find(claim.transactional_id); known != nullptr && known->producer_id >= 0)
    return init_known(*known, claim, timeout_ms, std::move(reply));
  surroundings_.next_producer_id([this, alive = std::weak_ptr<bool>(alive_), claim, timeout_ms,
                                  reply = std::move(reply)](Result<std::int64_t> id) mutable {
    if (alive.expired()) return reply.discard();
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
    prepare(transaction, false, true, [](Status) {});
    return reply(failed(ErrorCode::kConcurrentTransactions));
  }
  Transaction next = transaction;
  next.state = TransactionState::kEmpty;
  next.partitions.clear();
  next.timeout_ms = timeout_ms;
  next.start_timestamp_ms = -1;
  const auto answer = [this](Transaction changed, OneShot<ProducerReply> to) {
    const ProducerReply good{.producer_id = changed.producer_id, .producer_epoch = changed.producer_epoch};
    change(std::move(changed), [good, to = std::move(to)](Status status) mutable {
      to(status ? good : failed(ErrorCode::kCoordinatorNotAvailable));
    });
  };
  // The answer to an earlier try was lost: it is given again.
  if (claims_id && is_retry) return answer(std::move(next), std::move(reply));
  // A producer that names no id is another one: who had the id before must not get the new epoch by asking again.
  next.last_producer_epoch = claims_id ? transaction.producer_epoch : wire::kNoProducerEpoch;
  if (transaction.producer_epoch < kEpochMax) {
    ++next.producer_epoch;
    return answer(std::move(next), std::move(reply));
  }
  ++transaction.writes_under_way;
  surroundings_.next_producer_id([this, alive = std::weak_ptr<bool>(alive_), next, answer,
                                  reply = std::move(reply)](Result<std::int64_t> id) mutable {
    if (alive.expired()) return reply.discard();
    const Transaction* now = resume(next);
    if (!id) return reply(failed(ErrorCode::kCoordinatorNotAvailable));
    if (now == nullptr || now->state == TransactionState::kOngoing || now->ending())
      return reply(failed(ErrorCode::kConcurrentTransactions));
    next.previous_producer_id = next.producer_id;
    next.producer_id = *id;
    next.producer_epoch = 0;
    answer(std::move(next), std::move(reply));
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

std::optional<ProducerReply> TransactionCoordinator::judge_end(const ProducerClaim& claim, bool commit,
                                                               bool raise_epoch) const {
  if (claim.transactional_id.empty()) return failed(ErrorCode::kInvalidRequest);
  if (runtime_.offline()) return failed(ErrorCode::kCoordinatorNotAvailable);
  const auto found = transactions_.find(claim.transactional_id);
  if (found == transactions_.end() || found->second.producer_id < 0)
    return failed(ErrorCode::kInvalidProducerIdMapping);
  const Transaction& transaction = found->second;
  // The end that used up the epochs of an id was answered with another id, and the answer was lost.
  const bool of_previous_id = raise_epoch && transaction.ended() && transaction.producer_epoch == 0 &&
                              claim.producer_id == transaction.previous_producer_id &&
                              claim.producer_epoch >= kEpochMax;
  if (claim.producer_id != transaction.producer_id && !of_previous_id)
    return failed(ErrorCode::kInvalidProducerIdMapping);
  const bool of_last_epoch = raise_epoch && claim.producer_epoch == transaction.last_producer_epoch &&
                             claim.producer_epoch == transaction.producer_epoch - 1;
  const bool of_before = of_last_epoch || of_previous_id;
  if (claim.producer_epoch != transaction.producer_epoch && !of_before) return failed(ErrorCode::kProducerFenced);
  if (transaction.writes_under_way > 0) return failed(ErrorCode::kConcurrentTransactions);
  if (of_before || (!raise_epoch && (transaction.ended() || transaction.ending()))) {
    // A retry of an end whose answer was lost, or the opposite of what was decided.
    if (!transaction.ended() && !transaction.ending()) return failed(ErrorCode::kProducerFenced);
    const bool committed =
        transaction.state == TransactionState::kCompleteCommit || transaction.state == TransactionState::kPrepareCommit;
    // A commit that comes after the coordinator has aborted by timeout: the producer begins anew, it did nothing wrong.
    if (committed != commit)
      return failed(of_before && commit ? ErrorCode::kProducerFenced : ErrorCode::kInvalidTxnState);
    if (transaction.ending()) return failed(ErrorCode::kConcurrentTransactions);
    return ProducerReply{.producer_id = transaction.producer_id, .producer_epoch = transaction.producer_epoch};
  }
  if (transaction.ending()) return failed(ErrorCode::kConcurrentTransactions);
  const bool nothing_open = transaction.state != TransactionState::kOngoing;
  if (nothing_open && (commit || !raise_epoch)) return failed(ErrorCode::kInvalidTxnState);
  return std::nullopt;
}

void TransactionCoordinator::end(const ProducerClaim& claim, bool commit, bool raise_epoch,
                                 OneShot<ProducerReply> reply) {
  if (const auto judged = judge_end(claim, commit, raise_epoch)) return reply(*judged);
  Transaction& transaction = *find(claim.transactional_id);
  Transaction next = transaction;
  if (raise_epoch) next.client_transaction_version = kTransactionVersionThatRaisesEpoch;
  const auto go = [this, commit, raise_epoch](Transaction to_end, OneShot<ProducerReply> to) {
    ProducerReply good{.producer_id = to_end.producer_id, .producer_epoch = to_end.producer_epoch};
    if (raise_epoch) ++good.producer_epoch;
    if (to_end.next_producer_id >= 0) good = {.producer_id = to_end.next_producer_id, .producer_epoch = 0};
    prepare(std::move(to_end), commit, raise_epoch, [good, to = std::move(to)](Status status) mutable {
      to(status ? good : failed(ErrorCode::kCoordinatorNotAvailable));
    });
  };
  if (!raise_epoch || transaction.producer_epoch < kEpochMax) return go(std::move(next), std::move(reply));
  // The markers take the last epoch there is; the producer goes on under another id.
  ++transaction.writes_under_way;
  surroundings_.next_producer_id(
      [this, alive = std::weak_ptr<bool>(alive_), next, go, reply = std::move(reply)](Result<std::int64_t> id) mutable {
        if (alive.expired()) return reply.discard();
        const Transaction* now = resume(next);
        if (!id) return reply(failed(ErrorCode::kCoordinatorNotAvailable));
        if (now == nullptr || now->state != next.state) return reply(failed(ErrorCode::kConcurrentTransactions));
        next.partitions = now->partitions;
        next.next_producer_id = *id;
        go(std::move(next), std::move(reply));
      });
}

/// The point of no return: once this record is durable, the outcome is decided.
void TransactionCoordinator::prepare(Transaction next, bool commit, bool raise_epoch,
                                     MoveFunction<void(Status)> ended) {
  const std::string id = next.id;
  if (next.state != TransactionState::kOngoing) next.partitions.clear();
  next.state = commit ? TransactionState::kPrepareCommit : TransactionState::kPrepareAbort;
  if (raise_epoch && next.producer_epoch <= kEpochMax) next.last_producer_epoch = next.producer_epoch++;
  change(std::move(next), [this, id, ended = std::move(ended)](Status status) mutable {
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
  const auto one_done = [this, alive = std::weak_ptr<bool>(alive_), transactional_id, round](Status status) {
    if (alive.expired()) return;
    if (!status && status.error().kind != ErrorKind::kNotFound) round->failed = true;
    if (--round->left > 0) return;
    if (!round->failed) return complete(transactional_id, std::move(round->ended));
    // The outcome stands; the markers are tried until they are written.
    world_.loop.call_at(world_.loop.now() + kRetryAfter, [this, alive, transactional_id, round] {
      if (!alive.expired()) write_markers(transactional_id, std::move(round->ended));
    });
  };
  for (const TopicPartition& partition : partitions)
    surroundings_.write_marker(partition, writer, kCoordinatorEpoch, commit, one_done);
  one_done({});
}

void TransactionCoordinator::complete(const std::string& transactional_id, MoveFunction<void(Status)> ended) {
  Transaction* transaction = find(transactional_id);
  if (transaction == nullptr || !transaction->ending()) return ended({});
  Transaction next = *transaction;
  next.state = transaction->state == TransactionState::kPrepareCommit ? TransactionState::kCompleteCommit
                                                                      : TransactionState::kCompleteAbort;
  next.partitions.clear();
  next.update_timestamp_ms = world_.loop.wall_clock_ms();
  if (next.next_producer_id >= 0) {
    next.previous_producer_id = next.producer_id;
    next.producer_id = std::exchange(next.next_producer_id, -1);
    next.producer_epoch = 0;
  }
  // Nobody waits for this record: if it is lost, the markers are written again and change nothing.
  append(next, [this, alive = std::weak_ptr<bool>(alive_), transactional_id](Status status) {
    if (alive.expired() || status || runtime_.offline()) return;
    world_.loop.call_at(world_.loop.now() + kRetryAfter, [this, alive, transactional_id] {
      if (!alive.expired()) complete(transactional_id, [](Status) {});
    });
  });
  ended({});
}

}  // namespace leat::coordinator
