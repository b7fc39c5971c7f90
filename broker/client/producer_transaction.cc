// The transactional half of Producer.
#include "broker/client/producer.h"
#include "broker/wire/messages/end_txn.h"
#include "broker/wire/messages/init_producer_id.h"
#include "broker/wire/messages/txn_offset_commit.h"

namespace leat::client {

using wire::ErrorCode;

namespace {

constexpr auto kRetryAfter = std::chrono::milliseconds(20);

bool of_coordinator(ErrorCode error) {
  return error == ErrorCode::kNotCoordinator || error == ErrorCode::kCoordinatorNotAvailable ||
         error == ErrorCode::kCoordinatorLoadInProgress;
}

}  // namespace

void Producer::init_producer_id(Instant deadline, OneShot<Status> done) {
  wire::InitProducerIdRequest request;
  const bool transactional = !config_.transactional_id.empty();
  if (transactional) request.transactional_id = config_.transactional_id;
  request.transaction_timeout_ms = config_.transaction_timeout_ms;
  auto answered = [this, alive = std::weak_ptr<bool>(alive_), deadline, transactional,
                   done = std::move(done)](Result<wire::InitProducerIdResponse> response) mutable {
    if (alive.expired()) return done(Error{ErrorKind::kClosed, "the producer was closed"});
    const ErrorCode error = response ? response->error_code : ErrorCode::kCoordinatorNotAvailable;
    if (error == ErrorCode::kNone) {
      producer_id_ = response->producer_id;
      producer_epoch_ = response->producer_epoch;
      for (auto& [name, topic] : topics_)
        for (auto& partition : topic->partitions_) partition->next_sequence = 0;
      return done({});
    }
    if (!wire::retriable(error)) return done(wire::kafka_error(error, "asking for a producer id"));
    if (world_.loop.now() >= deadline)
      return done(response ? wire::kafka_error(error, "asking for a producer id") : response.error());
    if (transactional && (!response || of_coordinator(error)))
      cluster_.forget_coordinator(CoordinatorType::kTransaction, config_.transactional_id);
    world_.loop.call_at(world_.loop.now() + kRetryAfter, [this, still = std::weak_ptr<bool>(alive_), deadline,
                                                          done = std::move(done)]() mutable {
      if (still.expired()) return done(Error{ErrorKind::kClosed, "the producer was closed"});
      cluster_.refresh({}, false,
                       [this, later = std::weak_ptr<bool>(alive_), deadline, done = std::move(done)](Status) mutable {
                         if (later.expired()) return done(Error{ErrorKind::kClosed, "the producer was closed"});
                         init_producer_id(deadline, std::move(done));
                       });
    });
  };
  constexpr int kVersionMax = 5;
  if (transactional) {
    cluster_.call_coordinator<wire::InitProducerIdRequest, wire::InitProducerIdResponse>(
        CoordinatorType::kTransaction, config_.transactional_id, std::move(request), std::move(answered), kVersionMax);
  } else {
    cluster_.call_any<wire::InitProducerIdRequest, wire::InitProducerIdResponse>(std::move(request),
                                                                                 std::move(answered), kVersionMax);
  }
}

void Producer::init_transactions(OneShot<Status> done) {
  LEAT_CHECK(!config_.transactional_id.empty(), "init_transactions of a producer without transactional id");
  error_.reset();
  in_transaction_ = transaction_used_ = false;
  init_producer_id(world_.loop.now() + config_.delivery_timeout, std::move(done));
}

void Producer::begin_transaction() {
  LEAT_CHECK(!in_transaction_, "a transaction is open already");
  in_transaction_ = true;
  transaction_used_ = false;
}

struct OffsetsRequest {
  wire::TxnOffsetCommitRequest request;
  Instant deadline;
  OneShot<Status> done;
};

void Producer::send_offsets(const std::map<TopicPartition, OffsetToCommit>& offsets, const GroupMembership& group,
                            OneShot<Status> done) {
  LEAT_CHECK(in_transaction_, "offsets need an open transaction");
  if (offsets.empty()) return done({});
  auto pending = std::make_shared<OffsetsRequest>();
  wire::TxnOffsetCommitRequest& request = pending->request;
  request.transactional_id = config_.transactional_id;
  request.group_id = group.group_id;
  request.producer_id = producer_id_;
  request.producer_epoch = producer_epoch_;
  request.generation_id = group.generation;
  request.member_id = group.member_id;
  request.group_instance_id = group.instance_id;
  for (const auto& [partition, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic)
      request.topics.emplace_back().name = partition.topic;
    auto& each = request.topics.back().partitions.emplace_back();
    each.partition_index = partition.partition;
    each.committed_offset = offset.offset;
    each.committed_metadata = offset.metadata;
  }
  pending->deadline = world_.loop.now() + config_.delivery_timeout;
  pending->done = std::move(done);
  transaction_used_ = true;
  stage_offsets(std::move(pending));
}

void Producer::stage_offsets(std::shared_ptr<OffsetsRequest> pending) {
  cluster_.call_coordinator<wire::TxnOffsetCommitRequest, wire::TxnOffsetCommitResponse>(
      CoordinatorType::kGroup, pending->request.group_id, pending->request,
      [this, alive = std::weak_ptr<bool>(alive_), pending](Result<wire::TxnOffsetCommitResponse> response) {
        if (alive.expired()) return pending->done(Error{ErrorKind::kClosed, "the producer was closed"});
        ErrorCode error = response ? ErrorCode::kNone : ErrorCode::kCoordinatorNotAvailable;
        if (response)
          for (const auto& topic : response->topics)
            for (const auto& partition : topic.partitions)
              if (partition.error_code != ErrorCode::kNone) error = partition.error_code;
        if (error == ErrorCode::kNone) return pending->done({});
        if (!wire::retriable(error) || world_.loop.now() >= pending->deadline)
          return pending->done(
              wire::kafka_error(error, "committing offsets of group '" + pending->request.group_id + "'"));
        if (!response || of_coordinator(error))
          cluster_.forget_coordinator(CoordinatorType::kGroup, pending->request.group_id);
        world_.loop.call_at(world_.loop.now() + kRetryAfter, [this, still = std::weak_ptr<bool>(alive_), pending] {
          if (still.expired()) return pending->done(Error{ErrorKind::kClosed, "the producer was closed"});
          stage_offsets(pending);
        });
      });
}

void Producer::end_transaction(bool commit, OneShot<Status> done) {
  LEAT_CHECK(in_transaction_, "no transaction is open");
  in_transaction_ = false;
  // Nothing went into it, so the broker does not know of it.
  if (!std::exchange(transaction_used_, false)) return done({});
  if (commit) return end(true, world_.loop.now() + config_.delivery_timeout, std::move(done));
  drop_all();
  abort_done_ = std::move(done);
  abort_when_quiet();
}

/// A batch that arrives behind its transaction's end would be refused, and would fail the next transaction with it.
void Producer::abort_when_quiet() {
  for (auto& [name, topic] : topics_)
    for (auto& partition : topic->partitions_)
      if (partition->under_way) return;
  end(false, world_.loop.now() + config_.delivery_timeout,
      [this, alive = std::weak_ptr<bool>(alive_), done = std::move(abort_done_)](Status ended) mutable {
        if (!alive.expired() && ended && error_ && error_->kind != ErrorKind::kFenced) error_.reset();
        done(std::move(ended));
      });
}

void Producer::end(bool commit, Instant deadline, OneShot<Status> done) {
  wire::EndTxnRequest request;
  request.transactional_id = config_.transactional_id;
  request.producer_id = producer_id_;
  request.producer_epoch = producer_epoch_;
  request.committed = commit;
  cluster_.call_coordinator<wire::EndTxnRequest, wire::EndTxnResponse>(
      CoordinatorType::kTransaction, config_.transactional_id, std::move(request),
      [this, alive = std::weak_ptr<bool>(alive_), commit, deadline,
       done = std::move(done)](Result<wire::EndTxnResponse> response) mutable {
        if (alive.expired()) return done(Error{ErrorKind::kClosed, "the producer was closed"});
        const ErrorCode error = response ? response->error_code : ErrorCode::kCoordinatorNotAvailable;
        if (error == ErrorCode::kNone) {
          // A new epoch begins: sequences begin anew.
          producer_id_ = response->producer_id;
          producer_epoch_ = response->producer_epoch;
          for (auto& [name, topic] : topics_)
            for (auto& partition : topic->partitions_) partition->next_sequence = 0;
          return done({});
        }
        if (!wire::retriable(error))
          return done(wire::kafka_error(error, commit ? "committing a transaction" : "aborting a transaction"));
        if (world_.loop.now() >= deadline)
          return done(Error{ErrorKind::kTimeout, "the end of a transaction was not answered in time"});
        if (!response || of_coordinator(error))
          cluster_.forget_coordinator(CoordinatorType::kTransaction, config_.transactional_id);
        world_.loop.call_at(world_.loop.now() + kRetryAfter, [this, still = std::weak_ptr<bool>(alive_), commit,
                                                              deadline, done = std::move(done)]() mutable {
          if (still.expired()) return done(Error{ErrorKind::kClosed, "the producer was closed"});
          end(commit, deadline, std::move(done));
        });
      });
}

}  // namespace leat::client
