#include "broker/server/client_quotas.h"

#include "broker/wire/messages/alter_client_quotas.h"
#include "broker/wire/records/admin_records.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

class ClientQuotasTest : public testing::Test {
 protected:
  void limit(std::vector<wire::ClientQuotaRecord::EntityData> entity, double bytes_per_second) {
    wire::ClientQuotaRecord record;
    record.entity = std::move(entity);
    record.key = "producer_byte_rate";
    record.value = bytes_per_second;
    settings_.apply(*read_metadata_record(*metadata_record(record).value));
  }
  /// Seconds to wait after so many bytes, at a second of the clock.
  double wait(const std::string& user, const std::string& client_id, double bytes, int second) {
    const Duration wait =
        quotas_.record(user, client_id, QuotaKind::kProduce, bytes, Instant() + std::chrono::seconds(1000 + second));
    return std::chrono::duration<double>(wait).count();
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
