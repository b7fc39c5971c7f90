#include "broker/server/client_quotas.h"

#include "broker/wire/messages/alter_client_quotas.h"
#include "broker/wire/messages/create_partitions.h"
#include "broker/wire/messages/create_topics.h"
#include "broker/wire/messages/delete_topics.h"
#include "broker/wire/records/admin_records.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

class ClientQuotasTest : public testing::Test {
 protected:
  void limit(std::vector<wire::ClientQuotaRecord::EntityData> entity, double value,
             const std::string& key = "producer_byte_rate") {
    wire::ClientQuotaRecord record;
    record.entity = std::move(entity);
    record.key = key;
    record.value = value;
    settings_.apply(*read_metadata_record(*metadata_record(record).value));
  }
  /// Seconds to wait after so many bytes, at a second of the clock.
  double wait(const std::string& user, const std::string& client_id, double bytes, int second) {
    const Duration wait =
        quotas_.record(user, client_id, QuotaKind::kProduce, bytes, Instant() + std::chrono::seconds(1000 + second));
    return std::chrono::duration<double>(wait).count();
  }

  /// What a client hears that makes or deletes so many partitions: "refused" or "", and the seconds to wait.
  std::string change(double partitions, bool strict, int second) {
    const auto verdict =
        quotas_.change("ann", "app", partitions, strict, Instant() + std::chrono::seconds(1000 + second));
    return (verdict.refused ? "refused " : "") +
           std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(verdict.wait).count()) + " ms";
  }

  Settings settings_;
  ClientQuotas quotas_{settings_};
};

TEST_F(ClientQuotasTest, NobodyWaitsWithoutALimitOrBelowIt) {
  EXPECT_EQ(wait("ann", "app", 1e9, 0), 0);
  limit({{"user", "ann"}}, 100);
  EXPECT_EQ(wait("bob", "app", 1e9, 0), 0);
  for (int second = 0; second < 30; ++second) EXPECT_EQ(wait("ann", "app", 90, second), 0) << second;
}

TEST_F(ClientQuotasTest, WhoGoesBeyondALimitWaitsUntilTheWindowFitsIt) {
  limit({{"user", "ann"}}, 100);
  EXPECT_EQ(wait("ann", "app", 1000, 0), 0) << "a burst of a window's worth";
  EXPECT_NEAR(wait("ann", "app", 500, 0), 5, 0.01);
  EXPECT_EQ(wait("ann", "app", 100, 20), 0) << "the window has passed";
}

TEST_F(ClientQuotasTest, ConnectionsOfOneUserShareTheLimitOfTheUser) {
  limit({{"user", "ann"}}, 100);
  EXPECT_EQ(wait("ann", "one", 1000, 0), 0);
  EXPECT_GT(wait("ann", "two", 500, 0), 0);
}

TEST_F(ClientQuotasTest, TheMostSpecificLimitHolds) {
  limit({{"user", std::nullopt}}, 10);
  limit({{"user", "ann"}}, 1000);
  limit({{"user", "ann"}, {"client-id", "app"}}, 100);
  EXPECT_GT(wait("ann", "app", 1500, 0), 0);
  EXPECT_EQ(wait("ann", "other", 1500, 0), 0);
  EXPECT_GT(wait("bob", "app", 150, 0), 0);
}

TEST_F(ClientQuotasTest, TimeOfTheBrokerIsCountedInPercentsOfASecond) {
  limit({{"user", "ann"}}, 10, "request_percentage");
  const auto spend = [&](double percent, int second) {
    return quotas_.record("ann", "app", QuotaKind::kRequest, percent, Instant() + std::chrono::seconds(second));
  };
  EXPECT_EQ(spend(100, 1), 0s) << "a window's worth";
  EXPECT_EQ(spend(0.5, 1), 50ms);
  EXPECT_EQ(spend(100, 1), 1s) << "and never longer";
  EXPECT_EQ(spend(1, 20), 0s);
}

TEST_F(ClientQuotasTest, AStrictLimitRefusesOnceTheAllowanceOfElevenSecondsIsOverdrawn) {
  limit({{"user", "ann"}}, 2, "controller_mutation_rate");
  EXPECT_EQ(change(20, true, 0), "0 ms");
  EXPECT_EQ(change(5, true, 0), "0 ms") << "what goes beyond it is borrowed";
  EXPECT_EQ(change(1, true, 0), "refused 1500 ms");
  EXPECT_EQ(change(1, true, 1), "refused 500 ms") << "what was refused is not counted";
  EXPECT_EQ(change(1, true, 2), "0 ms");
  EXPECT_EQ(change(22, true, 100), "0 ms") << "no more than the burst is saved up";
  EXPECT_EQ(change(1, true, 100), "0 ms");
  EXPECT_EQ(change(1, true, 100), "refused 500 ms");
}

TEST_F(ClientQuotasTest, ALimitForThoseWhoKnowNoRefusalMakesThemWait) {
  limit({{"user", "ann"}}, 2, "controller_mutation_rate");
  EXPECT_EQ(change(22, false, 0), "0 ms");
  EXPECT_EQ(change(3, false, 0), "1500 ms");
  EXPECT_EQ(change(1, false, 0), "2000 ms");
}

/// A broker whose clients have a limit.
class LimitedBroker : public BrokerTest {
 protected:
  void limit(const std::string& key, double value) {
    wire::AlterClientQuotasRequest request;
    auto& entry = request.entries.emplace_back();
    entry.entity.push_back({"user", std::nullopt});
    entry.ops.push_back({key, value, false});
    ASSERT_EQ(ask<wire::AlterClientQuotasResponse>(std::move(request)).entries.at(0).error_code, ErrorCode::kNone);
  }
  wire::CreateTopicsResponse make(const std::string& name, std::int32_t partitions) {
    wire::CreateTopicsRequest request;
    request.timeout_ms = 1000;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    return ask<wire::CreateTopicsResponse>(std::move(request));
  }
};

TEST_F(LimitedBroker, RefusesTopicsOfWhoMakesThemTooFast) {
  limit("controller_mutation_rate", 1);
  EXPECT_EQ(make("a", 11).topics.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(make("b", 2).topics.at(0).error_code, ErrorCode::kNone);
  const auto refused = make("c", 1);
  EXPECT_EQ(refused.topics.at(0).error_code, ErrorCode::kThrottlingQuotaExceeded);
  EXPECT_EQ(refused.topics.at(0).error_message, "The throttling quota has been exceeded.");
  EXPECT_GT(refused.throttle_time_ms, 1900);
  const Instant begin = sim.now();
  EXPECT_EQ(make("c", 1).topics.at(0).error_code, ErrorCode::kNone) << "heard when it may";
  EXPECT_GT(sim.now() - begin, 1900ms);
  wire::CreatePartitionsRequest more;
  more.timeout_ms = 1000;
  auto& topic = more.topics.emplace_back();
  topic.name = "c";
  topic.count = 3;
  EXPECT_EQ(ask<wire::CreatePartitionsResponse>(more).results.at(0).error_code, ErrorCode::kThrottlingQuotaExceeded);
  wire::DeleteTopicsRequest unwanted;
  unwanted.timeout_ms = 1000;
  unwanted.topics.push_back({"a", {}});
  EXPECT_EQ(ask<wire::DeleteTopicsResponse>(unwanted).responses.at(0).error_code, ErrorCode::kNone);
  unwanted.topics.at(0).name = "b";
  EXPECT_EQ(ask<wire::DeleteTopicsResponse>(unwanted).responses.at(0).error_code, ErrorCode::kThrottlingQuotaExceeded);
}

TEST_F(LimitedBroker, LetsThoseWaitThatTakeItsTime) {
  limit("request_percentage", 1);
  EXPECT_EQ(make("quick", 1).throttle_time_ms, 0);
  // To make logs is work for the disk, which the loop waits for.
  auto slow = sim::SimOptions::calm();
  slow.sync_time_min = slow.sync_time_max = 200ms;
  sim.change_options(slow);
  EXPECT_EQ(make("slow", 10).throttle_time_ms, 1000);
  const Instant begin = sim.now();
  make_topic("behind");
  EXPECT_GE(sim.now() - begin, 1s);
}

TEST_F(BrokerTest, AProducerBeyondItsLimitIsServedLater) {
  make_topic("orders");
  wire::AlterClientQuotasRequest request;
  auto& entry = request.entries.emplace_back();
  entry.entity.push_back({"user", std::nullopt});
  entry.ops.push_back({"producer_byte_rate", 1000, false});
  ASSERT_EQ(ask<wire::AlterClientQuotasResponse>(std::move(request)).entries.at(0).error_code, wire::ErrorCode::kNone);
  const Instant begin = sim.now();
  ASSERT_EQ(said(produce("orders", std::string(12'000, 'x'))), "ok") << "answered at once";
  EXPECT_LT(sim.now() - begin, 1s);
  // The connection is muted: whatever comes next on it waits for about two seconds.
  make_topic("others");
  ASSERT_EQ(said(produce("orders", "y")), "ok");
  EXPECT_GT(sim.now() - begin, 1500ms);
}

}  // namespace
}  // namespace leat::server
