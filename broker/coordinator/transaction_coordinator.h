// TransactionCoordinator: the transactional ids of one __transaction_state partition
// (kafka.coordinator.transaction.TransactionCoordinator). Lives on the broker's loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/coordinator/transaction.h"
#include "broker/wire/error_code.h"

namespace leat::coordinator {

/// What a transaction coordinator needs of the broker around it.
class TransactionSurroundings {
 public:
  virtual ~TransactionSurroundings() = default;
  /// A producer id that was never given out before, not after a crash either.
  virtual void next_producer_id(OneShot<Result<std::int64_t>> reply) = 0;
  /// Appends an end marker to a partition; kNotFound where the partition is gone, which is as good as done.
  virtual void write_marker(const TopicPartition& partition, const WriterIdentity& writer,
                            std::int32_t coordinator_epoch, bool commit, OneShot<Status> written) = 0;
};

/// A producer as it names itself.
struct ProducerClaim {
  std::string transactional_id;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
};

struct ProducerReply {
  wire::ErrorCode error = wire::ErrorCode::kNone;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
};

class TransactionCoordinator : public StateMachine {
 public:
  TransactionCoordinator(World world, log::PartitionLog& log, TransactionSurroundings& surroundings,
                         std::int32_t timeout_ms_max);
  ~TransactionCoordinator() override;

  /// Replays the log and finishes what was decided before the crash.
  Status load();

  /// `claim.producer_id` is -1 unless the producer asks for a new epoch of the id it has (KIP-360).
  void init_producer(const ProducerClaim& claim, std::int32_t timeout_ms, OneShot<ProducerReply> reply);
  void add_partitions(const ProducerClaim& claim, const std::set<TopicPartition>& partitions,
                      std::int16_t transaction_version, OneShot<wire::ErrorCode> reply);
  /// Whether all these partitions belong to the producer's transaction.
  wire::ErrorCode verify(const ProducerClaim& claim, const TopicPartition& partition) const;
  /// `raise_epoch`: transactions of version 2, whose end begins a new epoch.
  void end(const ProducerClaim& claim, bool commit, bool raise_epoch, OneShot<ProducerReply> reply);

  /// Forgets the ids whose last transaction ended so long ago, and those that never had one.
  void expire(std::int64_t silence_ms);

  const std::map<std::string, Transaction>& transactions() const { return transactions_; }

  void apply(const wire::RecordView& record, const WriterIdentity& writer) override;

 private:
  wire::ErrorCode judge(const Transaction* transaction, const ProducerClaim& claim) const;
  Transaction* find(const std::string& transactional_id);
  /// Writes `next` as the new state of its transaction; `then` runs when it is durable.
  void change(Transaction next, MoveFunction<void(Status)> then);
  /// Ends a wait that began with one more write under way: the transaction as it is now, partitions may have joined it
  /// meanwhile; or null where it has moved on.
  Transaction* resume(const Transaction& before);
  void append(const Transaction& next, OneShot<Status> released);
  void init_known(Transaction& transaction, const ProducerClaim& claim, std::int32_t timeout_ms,
                  OneShot<ProducerReply> reply);
  /// What an end is answered without changing anything, or nothing where the transaction is to be ended.
  std::optional<ProducerReply> judge_end(const ProducerClaim& claim, bool commit, bool raise_epoch) const;
  void prepare(Transaction next, bool commit, bool raise_epoch, MoveFunction<void(Status)> ended);
  void write_markers(const std::string& transactional_id, MoveFunction<void(Status)> ended);
  void complete(const std::string& transactional_id, MoveFunction<void(Status)> ended);
  void forget(const wire::RecordView& tombstone);
  void watch(Transaction& transaction);
  void time_out(const std::string& transactional_id);

  World world_;
  Runtime runtime_;
  TransactionSurroundings& surroundings_;
  std::int32_t timeout_ms_max_;
  std::map<std::string, Transaction> transactions_;
  /// The state whose record is being appended: it knows more than a record can say.
  const Transaction* appended_ = nullptr;
  /// Expires with the coordinator: partitions, timers and the giver of ids may still hold what would call it.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::coordinator
