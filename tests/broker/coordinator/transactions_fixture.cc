#include "tests/broker/coordinator/transactions_fixture.h"

#include <fmt/format.h>

namespace leat::coordinator {

void Surroundings::next_producer_id(OneShot<Result<std::int64_t>> reply) {
  const std::int64_t id = next_id++;
  if (!hold) return reply(id);
  held_.push_back([id, reply = std::move(reply)]() mutable { reply(id); });
}

void Surroundings::write_marker(const TopicPartition& partition, const WriterIdentity& writer, std::int32_t,
                                bool commit, OneShot<Status> written) {
  const auto write = [this, partition, writer, commit](OneShot<Status> to) {
    if (failures > 0) {
      --failures;
      return to(Status(Error{ErrorKind::kUnavailable, "not now"}));
    }
    markers.push_back({partition, writer.producer_id, writer.producer_epoch, commit});
    to(Status());
  };
  if (!hold) return write(std::move(written));
  held_.push_back([write, written = std::move(written)]() mutable { write(std::move(written)); });
}

void Surroundings::release() {
  hold = false;
  while (!held_.empty()) {
    auto next = std::move(held_.front());
    held_.pop_front();
    next();
  }
}

void TransactionsTest::start() {
  open_log("__transaction_state");
  coordinator = std::make_unique<TransactionCoordinator>(world(), *log, around, 900'000);
  ASSERT_TRUE(coordinator->load().ok());
}

void TransactionsTest::kill_and_start() {
  sim.kill("broker");
  stop();
  start();
}

void TransactionsTest::power_loss_and_start() {
  sim.power_loss("broker");
  stop();
  start();
}

ProducerReply TransactionsTest::init(const ProducerClaim& claim, std::int32_t timeout_ms) {
  return answer<ProducerReply>(
      [&](OneShot<ProducerReply> reply) { coordinator->init_producer(claim, timeout_ms, std::move(reply)); });
}

ProducerReply TransactionsTest::at_last_epoch(std::int32_t timeout_ms) {
  Transaction transaction;
  transaction.id = "t";
  transaction.producer_id = around.next_id++;
  transaction.producer_epoch = 32766;
  transaction.timeout_ms = timeout_ms;
  Runtime(world(), *log, *coordinator).write({transaction.record()}, [](Status) {});
  settle();
  return {.producer_id = transaction.producer_id, .producer_epoch = transaction.producer_epoch};
}

wire::ErrorCode TransactionsTest::add(const ProducerReply& who, const std::vector<int>& partitions,
                                      std::int16_t version, const std::string& id) {
  std::set<TopicPartition> set;
  for (const int partition : partitions) set.insert(orders(partition));
  return answer<wire::ErrorCode>([&](OneShot<wire::ErrorCode> reply) {
    coordinator->add_partitions(claim_of(who, id), set, version, std::move(reply));
  });
}

ProducerReply TransactionsTest::end(const ProducerReply& who, bool commit, int version, const std::string& id) {
  return answer<ProducerReply>([&](OneShot<ProducerReply> reply) {
    coordinator->end(claim_of(who, id), commit, version >= kTransactionVersionThatRaisesEpoch, std::move(reply));
  });
}

std::string hard_state(const TransactionCoordinator& coordinator) {
  std::string all;
  for (const auto& [id, each] : coordinator.transactions()) {
    all += fmt::format("{} {} {}/{} before {} next {} timeout {} from {} at {} version {}:", id, name(each.state),
                       each.producer_id, each.producer_epoch, each.previous_producer_id, each.next_producer_id,
                       each.timeout_ms, each.start_timestamp_ms, each.update_timestamp_ms,
                       each.client_transaction_version);
    for (const auto& partition : each.partitions) all += " " + partition.to_string();
    all += "\n";
  }
  return all;
}

}  // namespace leat::coordinator
