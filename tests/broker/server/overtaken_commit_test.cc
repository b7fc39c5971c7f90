// Offsets of a member whose epoch was raised while its commit was on the way.
#include "broker/wire/messages/consumer_group_heartbeat.h"
#include "broker/wire/messages/find_coordinator.h"
#include "broker/wire/messages/init_producer_id.h"
#include "broker/wire/messages/txn_offset_commit.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using wire::ErrorCode;

class OvertakenCommit : public BrokerTest {
 protected:
  void find(const std::string& key, std::int8_t type) {
    wire::FindCoordinatorRequest request;
    request.key_type = type;
    request.coordinator_keys = {key};
    ask<wire::FindCoordinatorResponse>(std::move(request));
  }
  /// The member's new epoch.
  std::int32_t heartbeat(std::int32_t epoch, const std::vector<std::string>& topics) {
    wire::ConsumerGroupHeartbeatRequest request;
    request.group_id = "g";
    request.member_id = "m";
    request.member_epoch = epoch;
    request.rebalance_timeout_ms = 60'000;
    request.subscribed_topic_names = topics;
    if (epoch == 0) request.topic_partitions.emplace();
    const auto response = ask<wire::ConsumerGroupHeartbeatResponse>(std::move(request));
    EXPECT_EQ(response.error_code, ErrorCode::kNone);
    return response.member_epoch;
  }
  ErrorCode commit(const wire::InitProducerIdResponse& producer, const std::string& topic, std::int32_t epoch) {
    wire::TxnOffsetCommitRequest request;
    request.transactional_id = "t";
    request.group_id = "g";
    request.producer_id = producer.producer_id;
    request.producer_epoch = producer.producer_epoch;
    request.member_id = "m";
    request.generation_id = epoch;
    auto& asked = request.topics.emplace_back();
    asked.name = topic;
    asked.partitions.emplace_back().committed_offset = 7;
    return ask<wire::TxnOffsetCommitResponse>(std::move(request)).topics.at(0).partitions.at(0).error_code;
  }
};

TEST_F(OvertakenCommit, BelongsToItsTransactionWhereThePartitionIsStillHeld) {
  make_topic("orders");
  make_topic("payments");
  find("g", 0);
  find("t", 1);
  wire::InitProducerIdRequest begin;
  begin.transactional_id = "t";
  begin.transaction_timeout_ms = 60'000;
  const auto producer = ask<wire::InitProducerIdResponse>(std::move(begin));
  const std::int32_t before = heartbeat(0, {"orders"});
  sim.run_for(10s);  // the assignment interval
  const std::int32_t after = heartbeat(before, {"orders", "payments"});
  ASSERT_GT(after, before);
  EXPECT_EQ(commit(producer, "orders", before), ErrorCode::kNone) << "held before and after";
  EXPECT_EQ(commit(producer, "payments", before), ErrorCode::kIllegalGeneration) << "it was not held then";
  EXPECT_EQ(commit(producer, "payments", after), ErrorCode::kNone);
}

}  // namespace
}  // namespace leat::server
