// Our clients against any broker, ours or Apache Kafka's (rows 3, 5 and 6 of the comparison):
//
//   build/bin/client_rows produce localhost:9092 TOPIC RECORDS [BYTES]     records per second, acknowledged by all
//   build/bin/client_rows consume localhost:9092 TOPIC RECORDS             records per second, from the beginning
//   build/bin/client_rows latency localhost:9092 TOPIC RECORDS RATE [BYTES]
//
// The topic must be there. `latency` is open-loop: record n is due at start + n / RATE whatever has come back by then,
// and its latency counts from when it was due, so that a stall is charged to every record that it delays.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/os/real_world.h"
#include "broker/client/cluster.h"
#include "broker/client/fetcher.h"
#include "broker/client/producer.h"
#include "broker/client/tcp_channel.h"

using namespace std::chrono_literals;
using namespace leat;

namespace {

constexpr std::size_t kInflatedBytesMax = 64 * 1024 * 1024;
constexpr Duration kPatience = 60s;

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "client_rows: {}\n", why);
  std::exit(1);
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// A client on this thread's loop.
struct Client {
  Client(const std::string& servers, std::string topic_name)
      : topic(std::move(topic_name)), connector(world.world()), cluster(world.world(), connector, config(servers)) {
    settle([&](OneShot<Status> done) { cluster.refresh({topic}, false, std::move(done)); });
    const client::TopicMetadata* found = cluster.topic(topic);
    if (found == nullptr || found->leaders.empty()) fail("there is no topic " + topic);
    partitions = static_cast<std::int32_t>(found->leaders.size());
  }

  static client::ClusterConfig config(const std::string& servers) {
    auto bootstrap = client::parse_bootstrap_servers(servers);
    if (!bootstrap) fail(bootstrap.error().message);
    return {.bootstrap = std::move(*bootstrap)};
  }
  Instant now() { return world.loop().now(); }
  template <class Begin>
  void settle(Begin begin) {
    auto answer = std::make_shared<std::optional<Status>>();
    begin(OneShot<Status>([answer](Status status) { *answer = std::move(status); }));
    while (!*answer) world.loop().run_once(100ms);
    if (!**answer) fail((*answer)->error().message);
  }

  std::string topic;
  os::RealWorld world;
  client::TcpConnector connector;
  client::Cluster cluster;
  std::int32_t partitions = 0;
};

void produce(Client& client, std::int64_t records, std::size_t bytes) {
  client::Producer producer(client.cluster, {.linger = 5ms, .batch_bytes = 256 * 1024});
  client.settle([&](OneShot<Status> done) { producer.prepare({client.topic}, std::move(done)); });
  auto& topic = producer.topic(client.topic);
  const std::string value(bytes, 'v');
  const Instant begun = client.now();
  constexpr std::int64_t kPerTurn = 1000;
  Duration sending{};
  for (std::int64_t sent = 0; sent < records;) {
    if (producer.error()) fail(producer.error()->message);
    if (producer.full()) {
      client.world.loop().run_once(100ms);
      continue;
    }
    const Instant turn = client.now();
    const std::int64_t wall = client.world.loop().wall_clock_ms();
    for (const std::int64_t end = std::min(records, sent + kPerTurn); sent < end; ++sent) {
      const std::string_view key(reinterpret_cast<const char*>(&sent), sizeof(sent));
      producer.send(topic, -1, key, value, {}, wall);
    }
    sending += client.now() - turn;
    client.world.loop().run_once(0ms);
  }
  client.settle([&](OneShot<Status> done) { producer.flush(std::move(done)); });
  const double took = seconds(client.now() - begun);
  const auto count = static_cast<double>(records);
  fmt::print("produce records={} seconds={:.3f} per_second={:.0f} mb_per_second={:.1f} ns_per_send={:.0f}\n", records,
             took, count / took, count * static_cast<double>(bytes) / took / 1e6, seconds(sending) * 1e9 / count);
}

/// Reads all partitions from `offset` (none: the end), and gives each record's value to `each` until it says no.
template <class Each>
void read(Client& client, client::Fetcher& fetcher, Each each) {
  for (Instant last = client.now();;) {
    const auto batches = fetcher.take();
    if (const auto errors = fetcher.take_errors(); !errors.empty()) fail(errors[0].message);
    if (!batches.empty()) last = client.now();
    if (client.now() - last > kPatience) fail("nothing has come for a minute");
    for (const client::FetchedBatch& fetched : batches) {
      auto cursor = wire::RecordCursor::open(fetched.batch, fetched.block, kInflatedBytesMax);
      if (!cursor) fail(cursor.error().message);
      for (wire::RecordView record; cursor->next(record);)
        if (record.offset >= fetched.from && !each(record)) return;
    }
    client.world.loop().run_once(batches.empty() ? Duration(1ms) : Duration::zero());
  }
}

void consume(Client& client, std::int64_t records) {
  client::Fetcher fetcher(client.cluster, {});
  const Instant begun = client.now();
  for (std::int32_t i = 0; i < client.partitions; ++i) fetcher.add({client.topic, i}, std::nullopt);
  std::int64_t seen = 0;
  std::size_t bytes = 0;
  read(client, fetcher, [&](const wire::RecordView& record) {
    bytes += record.value ? record.value->size() : 0;
    return ++seen < records;
  });
  const double took = seconds(client.now() - begun);
  fmt::print("consume records={} seconds={:.3f} per_second={:.0f} mb_per_second={:.1f}\n", seen, took,
             static_cast<double>(seen) / took, static_cast<double>(bytes) / took / 1e6);
}

/// Sends what has become due, by its number, until `records` are sent.
struct OpenLoop {
  Client& client;
  client::Producer& producer;
  std::int64_t records;
  Duration gap;
  std::string value;
  Instant begun{};
  std::int64_t sent = 0;

  void run() {
    auto& topic = producer.topic(client.topic);
    const Instant now = client.now();
    for (; sent < records && begun + sent * gap <= now; ++sent) {
      std::memcpy(value.data(), &sent, sizeof(sent));
      producer.send(topic, static_cast<std::int32_t>(sent % client.partitions), std::nullopt, value, {},
                    client.world.loop().wall_clock_ms());
    }
    if (sent < records) client.world.loop().call_at(begun + sent * gap, [this] { run(); });
  }
};

void latency(Client& client, std::int64_t records, std::int64_t rate, std::size_t bytes) {
  client::Producer producer(client.cluster, {.linger = Duration::zero()});
  client.settle([&](OneShot<Status> done) { producer.prepare({client.topic}, std::move(done)); });
  client::Fetcher fetcher(client.cluster, {.reset = client::OffsetReset::kLatest});
  for (std::int32_t i = 0; i < client.partitions; ++i) fetcher.add({client.topic, i}, std::nullopt);
  for (std::int32_t i = 0; i < client.partitions; ++i)
    while (!fetcher.position({client.topic, i})) client.world.loop().run_once(10ms);
  OpenLoop load{client, producer, records, Duration(1s) / rate,
                std::string(std::max(bytes, sizeof(std::int64_t)), 'v')};
  load.begun = client.now();
  load.run();
  std::vector<double> latencies;
  latencies.reserve(static_cast<std::size_t>(records));
  read(client, fetcher, [&](const wire::RecordView& record) {
    std::int64_t number = 0;
    std::memcpy(&number, record.value->data(), sizeof(number));
    latencies.push_back(seconds(client.now() - (load.begun + number * load.gap)) * 1e3);
    return latencies.size() < static_cast<std::size_t>(records);
  });
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double part) {
    return latencies[static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1))];
  };
  fmt::print("latency records={} rate={} p50_ms={:.3f} p95_ms={:.3f} p99_ms={:.3f} p999_ms={:.3f} max_ms={:.3f}\n",
             records, rate, at(0.5), at(0.95), at(0.99), at(0.999), at(1));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    fmt::print(stderr, "usage: client_rows produce|consume|latency SERVERS TOPIC RECORDS [RATE] [BYTES]\n");
    return 2;
  }
  const std::string what = argv[1];
  const auto number = [&](int index, std::int64_t otherwise) {
    return index < argc ? std::max(1LL, std::atoll(argv[index])) : otherwise;
  };
  Client client(argv[2], argv[3]);
  if (what == "produce") {
    produce(client, number(4, 1), static_cast<std::size_t>(number(5, 100)));
  } else if (what == "consume") {
    consume(client, number(4, 1));
  } else if (what == "latency") {
    latency(client, number(4, 1), number(5, 1000), static_cast<std::size_t>(number(6, 100)));
  } else {
    fail("there is no " + what);
  }
  return 0;
}
