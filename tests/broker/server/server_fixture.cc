#include "tests/broker/server/server_fixture.h"

namespace leat::server {

BrokerTest::BrokerTest() : sim(11, sim::SimOptions::calm()), here(sim.process("client")), connector(here) {
  const Status started = start();
  EXPECT_TRUE(started.ok()) << said(started);
  cluster = std::make_unique<client::Cluster>(here, connector, client::ClusterConfig{.bootstrap = {{"broker", 9092}}});
}

BrokerTest::~BrokerTest() {
  cluster.reset();
  broker.reset();
}

BrokerConfig BrokerTest::config() {
  BrokerConfig config;
  config.log_dir = "/data";
  config.listeners = {{.name = "PLAINTEXT", .at = {"broker", 9092}, .advertised = {"broker", 9092}}};
  config.offsets_topic_partitions = config.transaction_topic_partitions = 1;
  return config;
}

Status BrokerTest::start() {
  auto opened = Broker::open(sim.process("broker"), config());
  if (!opened) return opened.error();
  broker = std::move(*opened);
  return broker->listen();
}

void BrokerTest::kill() {
  sim.kill("broker");
  broker.reset();
}

std::unique_ptr<RawClient> BrokerTest::connect() {
  auto raw = std::make_unique<RawClient>();
  here.net.connect({"broker", 9092}, [&](Result<std::unique_ptr<Connection>> connected) {
    ASSERT_TRUE(connected.ok());
    raw->connection = std::move(*connected);
    raw->connection->start(*raw);
  });
  EXPECT_TRUE(sim.run_until([&] { return raw->connection != nullptr; }, 10s));
  return raw;
}

void BrokerTest::make_topic(const std::string& name) {
  const Status made = answer<Status>([&](OneShot<Status> done) {
    client::create_topics(*cluster, {{.name = name, .partitions = 1}}, sim.now() + 10s, std::move(done));
  });
  ASSERT_TRUE(made.ok()) << said(made);
}

Status BrokerTest::produce(const std::string& topic, const std::string& value) {
  client::Producer producer(*cluster, {.delivery_timeout = 2s});
  const Status ready = answer<Status>([&](OneShot<Status> done) { producer.prepare({topic}, std::move(done)); });
  if (!ready) return ready;
  producer.send(producer.topic(topic), 0, std::nullopt, value, {}, 1);
  return answer<Status>([&](OneShot<Status> done) { producer.flush(std::move(done)); });
}

std::vector<std::string> BrokerTest::read(const std::string& topic, std::size_t count) {
  client::Fetcher fetcher(*cluster, {});
  fetcher.add({topic, 0}, 0);
  std::vector<std::string> values;
  sim.run_until(
      [&] {
        for (const client::FetchedBatch& batch : fetcher.take()) {
          auto cursor = wire::RecordCursor::open(batch.batch, batch.block, 1 << 20);
          for (wire::RecordView record; cursor->next(record);) values.emplace_back(record.value.value_or(""));
        }
        return values.size() >= count;
      },
      60s);
  return values;
}

}  // namespace leat::server
