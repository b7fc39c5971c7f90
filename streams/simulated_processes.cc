#include "streams/simulated_processes.h"

#include "broker/client/tcp_channel.h"
#include "broker/wire/record_batch.h"

namespace leat::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kPort = 9092;
constexpr std::size_t kInflatedBytesMax = 64 * 1024 * 1024;
constexpr std::int64_t kLatest = -1;

}  // namespace

void SimulatedBroker::open(World world) {
  server::BrokerConfig config;
  config.log_dir = "/data";
  config.listeners = {{.name = "PLAINTEXT", .at = {"broker", kPort}, .advertised = {"broker", kPort}}};
  config.offsets_topic_partitions = config.transaction_topic_partitions = 2;
  config.num_partitions = app_.partitions;
  config.group.initial_rebalance_delay_ms = 0;
  config.group.session_timeout_ms_min = 1000;
  auto opened = server::Broker::open(world, config);
  if (!opened) return app_.broken("the broker does not start: " + opened.error().message);
  broker_ = std::move(*opened);
  if (auto listening = broker_->listen(); !listening)
    app_.broken("the broker does not listen: " + listening.error().message);
}

void SimulatedWorker::open(World world) {
  auto directory = StateDirectory::open(world.files, world.random, app_.config.state_dir, app_.config.application_id);
  if (!directory) return app_.broken(name() + " does not start: " + directory.error().message);
  directory_ = std::move(*directory);
  for (int i = 0; i < app_.config.num_stream_threads; ++i) {
    const World of_thread = i == 0 ? world : another_thread("thread-" + std::to_string(i + 1));
    connectors_.push_back(std::make_unique<client::TcpConnector>(of_thread));
    StreamThread::Process process{app_.config, app_.plan, *directory_,
                                  [this](const std::string& where) { return saved_.open(where); },
                                  [](int, StreamThread::State) {}};
    threads_.push_back(std::make_unique<StreamThread>(of_thread, *connectors_.back(), std::move(process), i));
    threads_.back()->start();
  }
}

void SimulatedWorker::turn() {
  for (auto& thread : threads_) {
    thread->turn();
    if (thread->error()) return app_.broken(name() + " died: " + thread->error()->message);
  }
}

void SimulatedWorker::close() {
  saved_.crash(sim_.random());
  threads_.clear();
  connectors_.clear();
  directory_.reset();
}

void SimulatedClient::open(World world) {
  connector_ = std::make_unique<client::TcpConnector>(world);
  cluster_ = std::make_unique<client::Cluster>(
      world, *connector_,
      client::ClusterConfig{.bootstrap = {{"broker", kPort}}, .client_id = name(), .request_timeout = 10s});
  producer_ = std::make_unique<client::Producer>(
      *cluster_, client::ProducerConfig{.linger = 0ms, .delivery_timeout = 1h, .prepare_timeout = 1h});
}

void SimulatedClient::close() {
  reading_.reset();
  producer_.reset();
  cluster_.reset();
  connector_.reset();
}

/// The run says how long things may take.
Instant SimulatedClient::never() const { return cluster_->world().loop.now() + 24h; }

void SimulatedClient::make_topics(const std::set<std::string>& names, OneShot<Status> done) {
  std::vector<client::TopicToCreate> topics;
  for (const std::string& topic : names) topics.push_back({.name = topic, .partitions = app_.partitions});
  client::create_topics(*cluster_, std::move(topics), never(), std::move(done));
}

void SimulatedClient::send(const TestRecordBytes& record, OneShot<Status> done) {
  producer_->prepare({record.topic}, [this, record, done = std::move(done)](Status ready) mutable {
    if (!ready) return done(std::move(ready));
    std::vector<wire::RecordHeader> headers;
    for (const Header& header : record.headers)
      headers.push_back({header.name, header.value ? std::optional<BytesView>(*header.value) : std::nullopt});
    producer_->send(producer_->topic(record.topic), record.partition.value_or(-1), record.key, record.value, headers,
                    record.timestamp.value_or(cluster_->world().loop.wall_clock_ms()));
    producer_->flush(std::move(done));
  });
}

void SimulatedClient::partitions_of(const std::set<std::string>& topics,
                                    OneShot<Result<std::set<TopicPartition>>> done) {
  cluster_->refresh(topics, false, [this, topics, done = std::move(done)](Status refreshed) mutable {
    if (!refreshed) return done(refreshed.error());
    std::set<TopicPartition> partitions;
    for (const std::string& topic : topics)
      if (const client::TopicMetadata* known = cluster_->topic(topic))
        for (std::size_t i = 0; i < known->leaders.size(); ++i)
          partitions.insert({topic, static_cast<std::int32_t>(i)});
    done(std::move(partitions));
  });
}

void SimulatedClient::ask_settled(std::set<TopicPartition> all, std::set<TopicPartition> inputs,
                                  OneShot<Result<bool>> done) {
  using Committed = std::map<TopicPartition, client::CommittedOffset>;
  auto reply = std::make_shared<OneShot<Result<bool>>>(std::move(done));
  const auto read_rest = [this, reply](const Committed& committed, const Offsets& ends) {
    Offsets rest;
    for (const auto& [partition, offset] : committed)
      if (offset.offset < ends.at(partition)) rest[partition] = std::max<std::int64_t>(0, offset.offset);
    read(std::move(rest), [reply](Result<std::vector<TestRecordBytes>> records) {
      (*reply)(records ? Result<bool>(records->empty()) : Result<bool>(records.error()));
    });
  };
  // Ends come last: what was written on behalf of a committed input is there by then.
  const auto with_committed = [=, this](Result<Committed> committed) {
    if (!committed) return (*reply)(committed.error());
    client::list_offsets(*cluster_, all, kLatest, false, never(), [=, this](Result<Offsets> ends) {
      if (!ends) return (*reply)(ends.error());
      client::list_offsets(*cluster_, all, kLatest, true, never(), [=](Result<Offsets> stable) {
        if (!stable) return (*reply)(stable.error());
        if (*stable != *ends) return (*reply)(false);
        read_rest(*committed, *ends);
      });
    });
  };
  client::committed_offsets(*cluster_, app_.config.application_id, inputs, never(), with_committed);
}

void SimulatedClient::read(Offsets from, OneShot<Result<std::vector<TestRecordBytes>>> done) {
  std::set<TopicPartition> partitions;
  for (const auto& [partition, offset] : from) partitions.insert(partition);
  client::list_offsets(*cluster_, partitions, kLatest, true, never(),
                       [this, from, done = std::move(done)](Result<Offsets> ends) mutable {
                         if (!ends) return done(ends.error());
                         reading_ = std::make_unique<Reading>();
                         reading_->ends = std::move(*ends);
                         reading_->done = std::move(done);
                         reading_->fetcher = std::make_unique<client::Fetcher>(
                             *cluster_, client::FetcherConfig{.read_committed = true});
                         for (const auto& [partition, offset] : from) reading_->fetcher->add(partition, offset);
                       });
}

void SimulatedClient::turn() {
  if (!reading_) return;
  Reading& reading = *reading_;
  for (const Error& error : reading.fetcher->take_errors()) app_.broken("the client cannot read: " + error.message);
  for (const client::FetchedBatch& batch : reading.fetcher->take()) take(reading, batch);
  for (const auto& [partition, end] : reading.ends)
    if (reading.fetcher->position(partition).value_or(-1) < end) return;
  std::vector<TestRecordBytes> all;
  for (auto& [partition, records] : reading.records) std::move(records.begin(), records.end(), std::back_inserter(all));
  const std::unique_ptr<Reading> ended = std::move(reading_);
  ended->done(std::move(all));
}

void SimulatedClient::take(Reading& reading, const client::FetchedBatch& fetched) {
  auto cursor = wire::RecordCursor::open(fetched.batch, fetched.block, kInflatedBytesMax);
  if (!cursor) return app_.broken("a batch of " + fetched.partition.to_string() + " cannot be read");
  auto& records = reading.records[fetched.partition];
  for (wire::RecordView record; cursor->next(record);) {
    if (record.offset < fetched.from || record.offset >= reading.ends[fetched.partition]) continue;
    TestRecordBytes& each = records.emplace_back();
    each.topic = fetched.partition.topic;
    each.partition = fetched.partition.partition;
    each.timestamp = record.timestamp;
    if (record.key) each.key.emplace(*record.key);
    if (record.value) each.value.emplace(*record.value);
    std::vector<wire::RecordHeader> headers;
    if (!record.headers(headers)) return app_.broken("headers of " + fetched.partition.to_string() + " cannot be read");
    for (const wire::RecordHeader& header : headers)
      each.headers.add(std::string(header.key), header.value ? std::optional<Bytes>(*header.value) : std::nullopt);
  }
}

}  // namespace leat::sim
