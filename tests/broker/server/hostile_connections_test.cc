// Connections that want too much: too many of them, silent ones, half a request, bombs. What they may take is bounded,
// and those who behave are served meanwhile.
#include <gtest/gtest.h>

#include "base/big_endian.h"
#include "broker/wire/messages/produce.h"
#include "broker/wire/record_batch.h"
#include "tests/broker/server/server_fixture.h"

namespace leat::server {
namespace {

using wire::ErrorCode;

class HostileConnections : public BrokerTest {
 protected:
  void open(const std::string& settings) {
    cluster.reset();
    kill();
    auto config = BrokerConfig::parse(settings, {});
    ASSERT_TRUE(config.ok()) << config.error().message;
    BrokerConfig ours = BrokerTest::config();
    ours.connections_max = config->connections_max;
    ours.connections_per_ip_max = config->connections_per_ip_max;
    ours.connections_per_ip = config->connections_per_ip;
    ours.idle_connection_ms_max = config->idle_connection_ms_max;
    auto opened = Broker::open(sim.process("broker"), ours);
    ASSERT_TRUE(opened.ok());
    broker = std::move(*opened);
    ASSERT_EQ(said(broker->listen()), "ok");
    cluster =
        std::make_unique<client::Cluster>(here, connector, client::ClusterConfig{.bootstrap = {{"broker", 9092}}});
  }
  void pass(Duration time) {
    sim.run_until([] { return false; }, time);
  }
  std::size_t open_connections() const { return broker->listeners().connections(); }
};

TEST_F(HostileConnections, NoMoreAreTakenThanAreAllowedAndTheOthersAreServed) {
  open("max.connections=3");
  make_topic("orders");
  ASSERT_EQ(said(produce("orders", "before")), "ok");
  std::vector<std::unique_ptr<RawClient>> raws;
  for (int i = 0; i < 10; ++i) raws.push_back(connect());
  pass(1s);
  EXPECT_LE(open_connections(), 3U);
  EXPECT_GT(broker->listeners().refused(), 0U);
  EXPECT_TRUE(raws.back()->ended);
  raws.clear();
  pass(1s);
  EXPECT_EQ(said(produce("orders", "after")), "ok");
}

TEST_F(HostileConnections, OneAddressGetsItsShareAndAnExceptionIsAnException) {
  open("max.connections.per.ip=2");
  std::vector<std::unique_ptr<RawClient>> raws;
  for (int i = 0; i < 5; ++i) raws.push_back(connect());
  pass(1s);
  EXPECT_EQ(open_connections(), 2U);
  const std::string here_is = raws.front()->connection->local().host;
  raws.clear();
  open("max.connections.per.ip=2\nmax.connections.per.ip.overrides=" + here_is + ":4");
  for (int i = 0; i < 7; ++i) raws.push_back(connect());
  pass(1s);
  EXPECT_EQ(open_connections(), 4U);
}

TEST_F(HostileConnections, WhoSaysNothingOrHalfARequestIsClosedInTheEnd) {
  open("connections.max.idle.ms=10000");
  auto silent = connect();
  auto half = connect();
  Bytes bytes;
  append_big_endian<std::int32_t>(bytes, 50'000'000);
  half->connection->write(Buf::copy_of(bytes + "not the whole of it"));
  pass(9s);
  EXPECT_FALSE(silent->ended);
  // A byte now and then is not a request.
  half->connection->write(Buf::copy_of("more"));
  pass(3s);
  EXPECT_TRUE(silent->ended);
  EXPECT_TRUE(half->ended);
}

TEST_F(HostileConnections, WhoTalksOrWaitsForAnAnswerStays) {
  open("connections.max.idle.ms=10000");
  make_topic("orders");
  client::Fetcher fetcher(*cluster, {.max_wait_ms = 30'000});
  fetcher.add({"orders", 0}, 0);
  pass(25s);
  ASSERT_EQ(said(produce("orders", "late")), "ok");
  EXPECT_TRUE(sim.run_until([&] { return !fetcher.take().empty(); }, 2s)) << "the parked fetch was cut off";
}

TEST_F(HostileConnections, ABatchThatGrowsBeyondMeasureIsRefused) {
  make_topic("orders");
  constexpr std::size_t kGrown = 68 * 1024 * 1024;
  Buf batch;
  {
    wire::BatchBuilder builder;
    builder.append(1, std::nullopt, BytesView(Bytes(kGrown, 'x')), {});
    batch = builder.seal({.codec = wire::Codec::kZstd});
  }
  ASSERT_LT(batch.size(), 1'000'000U);
  wire::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 1000;
  auto& topic = request.topic_data.emplace_back();
  topic.name = "orders";
  topic.partition_data.emplace_back().records = batch;
  auto response = answer<Result<wire::ProduceResponse>>([&](OneShot<Result<wire::ProduceResponse>> done) {
    cluster->call_any<wire::ProduceRequest, wire::ProduceResponse>(request, std::move(done), 12);
  });
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_NE(response->responses[0].partition_responses[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(said(produce("orders", "small")), "ok");
  EXPECT_THAT(read("orders", 1), testing::ElementsAre("small"));
}

}  // namespace
}  // namespace leat::server
