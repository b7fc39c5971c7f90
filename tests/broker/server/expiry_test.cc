// What a broker forgets after days of silence.
#include "broker/wire/messages/describe_producers.h"
#include "broker/wire/messages/describe_transactions.h"
#include "broker/wire/messages/find_coordinator.h"
#include "broker/wire/messages/incremental_alter_configs.h"
#include "broker/wire/messages/init_producer_id.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using std::chrono::hours;
using wire::ErrorCode;

class Expiry : public BrokerTest {
 protected:
  void begin(const std::string& id) {
    wire::FindCoordinatorRequest find;
    find.key_type = 1;
    find.coordinator_keys = {id};
    ask<wire::FindCoordinatorResponse>(std::move(find));
    wire::InitProducerIdRequest request;
    request.transactional_id = id;
    request.transaction_timeout_ms = 60'000;
    EXPECT_EQ(ask<wire::InitProducerIdResponse>(std::move(request)).error_code, ErrorCode::kNone);
  }
  ErrorCode describe(const std::string& id) {
    wire::DescribeTransactionsRequest request;
    request.transactional_ids = {id};
    return ask<wire::DescribeTransactionsResponse>(std::move(request)).transaction_states.at(0).error_code;
  }
  /// Producers age by the time in their records.
  Status produce_now(const std::string& topic) {
    client::Producer producer(*cluster, {.delivery_timeout = 2s});
    const Status ready = answer<Status>([&](OneShot<Status> done) { producer.prepare({topic}, std::move(done)); });
    if (!ready) return ready;
    producer.send(producer.topic(topic), 0, std::nullopt, "value", {}, here.loop.wall_clock_ms());
    return answer<Status>([&](OneShot<Status> done) { producer.flush(std::move(done)); });
  }
  std::size_t producers(const std::string& topic) {
    wire::DescribeProducersRequest request;
    request.topics.push_back({.name = topic, .partition_indexes = {0}});
    return ask<wire::DescribeProducersResponse>(std::move(request))
        .topics.at(0)
        .partitions.at(0)
        .active_producers.size();
  }
};

TEST_F(Expiry, ATransactionalIdThatNobodyUsesIsForgottenAfterAWeek) {
  begin("t");
  sim.run_for(hours(7 * 24 - 1));
  EXPECT_EQ(describe("t"), ErrorCode::kNone);
  sim.run_for(hours(2));
  EXPECT_EQ(describe("t"), ErrorCode::kTransactionalIdNotFound);
}

TEST_F(Expiry, ASilentProducerIsForgottenAfterADayOrWhatIsSetAtRunTime) {
  make_topic("orders");
  ASSERT_EQ(said(produce_now("orders")), "ok");
  sim.run_for(hours(23));
  EXPECT_EQ(producers("orders"), 1u);
  sim.run_for(hours(2));
  EXPECT_EQ(producers("orders"), 0u);

  ASSERT_EQ(said(produce_now("orders")), "ok");
  wire::IncrementalAlterConfigsRequest request;
  request.resources.push_back({.resource_type = static_cast<std::int8_t>(ResourceType::kBroker), .configs = {}});
  request.resources[0].configs.push_back({.name = "producer.id.expiration.ms", .value = "10000"});
  ASSERT_EQ(ask<wire::IncrementalAlterConfigsResponse>(std::move(request)).responses.at(0).error_code,
            ErrorCode::kNone);
  sim.run_for(hours(1));
  EXPECT_EQ(producers("orders"), 0u);
}

}  // namespace
}  // namespace leat::server
