// Transactions of one coordinator, and a broker around it that remembers every marker.
#pragma once

#include <deque>
#include <map>

#include "tests/broker/coordinator/coordinator_fixture.h"

namespace leat::coordinator {

struct WrittenMarker {
  TopicPartition partition;
  std::int64_t producer_id;
  std::int16_t producer_epoch;
  bool commit;
  bool operator==(const WrittenMarker&) const = default;
};

/// Survives the coordinator, as the partitions of a broker do.
class Surroundings : public TransactionSurroundings {
 public:
  explicit Surroundings(sim::SimWorld& sim) : sim_(sim) {}
  void next_producer_id(OneShot<Result<std::int64_t>> reply) override;
  void write_marker(const TopicPartition& partition, const WriterIdentity& writer, std::int32_t coordinator_epoch,
                    bool commit, OneShot<Status> written) override;

  std::vector<WrittenMarker> markers;
  /// While set, markers and ids get no answer; `release` gives them.
  bool hold = false;
  void release();
  /// The next so many markers fail.
  int failures = 0;
  std::int64_t next_id = 1000;

 private:
  sim::SimWorld& sim_;
  std::deque<MoveFunction<void()>> held_;
};

class TransactionsTest : public CoordinatorTest {
 protected:
  explicit TransactionsTest(std::uint64_t seed = 3) : CoordinatorTest(seed), around(sim) { start(); }
  ~TransactionsTest() override { stop(); }

  void start();
  void stop() {
    coordinator.reset();
    log.reset();
  }
  /// The process dies; what was written stays written.
  void kill_and_start();
  /// The machine goes away: what was not durable may be gone.
  void power_loss_and_start();

  ProducerReply init(const ProducerClaim& claim, std::int32_t timeout_ms = 60'000);
  ProducerReply init(const std::string& id = "t") { return init(ProducerClaim{id, -1, -1}); }
  /// A producer that has used up its epochs but for one.
  ProducerReply at_last_epoch(std::int32_t timeout_ms = 60'000);
  wire::ErrorCode add(const ProducerReply& who, const std::vector<int>& partitions, std::int16_t version = 2,
                      const std::string& id = "t");
  ProducerReply end(const ProducerReply& who, bool commit, int version = 2, const std::string& id = "t");
  const Transaction& transaction(const std::string& id = "t") const { return coordinator->transactions().at(id); }
  std::string state(const std::string& id = "t") const { return std::string(name(transaction(id).state)); }

  static ProducerClaim claim_of(const ProducerReply& who, const std::string& id = "t") {
    return {id, who.producer_id, who.producer_epoch};
  }
  static TopicPartition orders(int partition) { return {"orders", partition}; }

  Surroundings around;
  std::unique_ptr<TransactionCoordinator> coordinator;
};

/// What of a transaction must be the same after a replay.
std::string hard_state(const TransactionCoordinator& coordinator);

inline std::string said(const ProducerReply& reply) {
  if (reply.error != wire::ErrorCode::kNone) return said(reply.error);
  return std::to_string(reply.producer_id) + "/" + std::to_string(reply.producer_epoch);
}

}  // namespace leat::coordinator
