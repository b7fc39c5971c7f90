#include "client_fixture.h"

namespace leat::client {

ClientTest::ClientTest(sim::SimOptions options, std::uint64_t seed)
    : sim(seed, options), here(sim.process("client")), connector(here) {
  start_broker();
  cluster = make_cluster();
}

ClientTest::~ClientTest() {
  cluster.reset();
  broker.reset();
}

void ClientTest::start_broker() {
  server::BrokerConfig config;
  config.log_dir = "/data";
  config.listeners = {{.name = "PLAINTEXT", .at = {"broker", 9092}, .advertised = {"broker", 9092}}};
  config.offsets_topic_partitions = config.transaction_topic_partitions = 1;
  config.group.initial_rebalance_delay_ms = 0;
  auto opened = server::Broker::open(sim.process("broker"), config);
  ASSERT_TRUE(opened) << opened.error().message;
  broker = std::move(*opened);
  const Status listening = broker->listen();
  ASSERT_TRUE(listening) << said(listening);
}

void ClientTest::power_loss() {
  sim.power_loss("broker");
  broker.reset();
}

std::unique_ptr<Cluster> ClientTest::make_cluster() {
  return std::make_unique<Cluster>(here, connector, ClusterConfig{.bootstrap = {{"broker", 9092}}});
}

void ClientTest::make_topic(const std::string& name, int partitions) {
  const Status made = status([&](OneShot<Status> done) {
    create_topics(*cluster, {{.name = name, .partitions = partitions}}, sim.now() + 10s, std::move(done));
  });
  ASSERT_TRUE(made) << said(made);
  Status known;
  for (int i = 0; i < 10; ++i) {
    known = status([&](OneShot<Status> done) { cluster->refresh({name}, false, std::move(done)); });
    if (known) break;
  }
  ASSERT_TRUE(known) << said(known);
}

std::unique_ptr<Producer> ClientTest::make_producer(ProducerConfig config) {
  const bool transactional = !config.transactional_id.empty();
  auto producer = std::make_unique<Producer>(*cluster, std::move(config));
  const Status ready = status([&](OneShot<Status> done) { producer->prepare({"orders"}, std::move(done)); });
  EXPECT_TRUE(ready) << said(ready);
  if (transactional) {
    const Status first = status([&](OneShot<Status> done) { producer->init_transactions(std::move(done)); });
    EXPECT_TRUE(first) << said(first);
  }
  return producer;
}

std::vector<std::string> ClientTest::read(Fetcher& fetcher, std::size_t count, Duration at_most) {
  std::vector<std::string> values;
  const auto take = [&] {
    for (const FetchedBatch& fetched : fetcher.take()) {
      auto cursor = wire::RecordCursor::open(fetched.batch, fetched.block, 16 << 20);
      EXPECT_TRUE(cursor) << "unreadable batch";
      if (!cursor) continue;
      for (wire::RecordView record; cursor->next(record);)
        if (record.offset >= fetched.from) values.emplace_back(*record.value);
    }
    return values.size() >= count;
  };
  sim.run_until(take, at_most);
  return values;
}

std::vector<std::string> ClientTest::read_all(const TopicPartition& partition, std::size_t count, bool read_committed) {
  Fetcher reader(*cluster, {.read_committed = read_committed});
  reader.add(partition, 0);
  std::vector<std::string> values = read(reader, count);
  // Nothing may come behind what was expected.
  for (std::string& more : read(reader, 1, 2s)) values.push_back(std::move(more));
  return values;
}

}  // namespace leat::client
