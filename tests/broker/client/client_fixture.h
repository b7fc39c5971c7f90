// A broker on one machine of the simulated world and clients on another, over the simulated network.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "broker/client/cluster.h"
#include "broker/client/fetcher.h"
#include "broker/client/offsets.h"
#include "broker/client/producer.h"
#include "broker/client/tcp_channel.h"
#include "broker/server/broker.h"

namespace leat::client {

using namespace std::chrono_literals;

inline std::string said(const Status& status) { return status ? "ok" : status.error().message; }

class ClientTest : public testing::Test {
 protected:
  explicit ClientTest(sim::SimOptions options = {}, std::uint64_t seed = 17);
  ~ClientTest() override;

  /// Starts the broker, or starts it again on what its disk has kept.
  void start_broker();
  void power_loss();

  std::unique_ptr<Cluster> make_cluster();
  std::unique_ptr<Producer> make_producer(ProducerConfig config = {});
  void make_topic(const std::string& name, int partitions);
  Fetcher fetcher(bool read_committed = false, OffsetReset reset = OffsetReset::kEarliest) {
    return Fetcher(*cluster, {.read_committed = read_committed, .reset = reset});
  }

  void send(Producer& producer, int partition, const std::string& value) {
    producer.send(producer.topic("orders"), partition, std::nullopt, value, {}, 1);
  }
  /// Values of a partition in the order they come, until there are `count` of them or `at_most` has passed.
  std::vector<std::string> read(Fetcher& fetcher, std::size_t count, Duration at_most = 20s);
  std::vector<std::string> read_all(const TopicPartition& partition, std::size_t count, bool read_committed = false);

  /// Waits for the answer of what `begin` begins.
  template <class T, class Begin>
  T answer(Begin begin, Duration at_most = 300s) {
    auto got = std::make_shared<std::optional<T>>();
    begin(OneShot<T>([got](T value) { *got = std::move(value); }));
    EXPECT_TRUE(sim.run_until([&] { return got->has_value(); }, at_most)) << "no answer";
    return got->has_value() ? std::move(**got) : T(Error{ErrorKind::kTimeout, "no answer"});
  }
  template <class Begin>
  Status status(Begin begin, Duration at_most = 300s) {
    return answer<Status>(std::move(begin), at_most);
  }
  Status flush(Producer& producer) {
    return status([&](OneShot<Status> done) { producer.flush(std::move(done)); });
  }
  Status end(Producer& producer, bool commit) {
    return status([&](OneShot<Status> done) { producer.end_transaction(commit, std::move(done)); });
  }

  sim::SimWorld sim;
  World here;
  TcpConnector connector;
  std::unique_ptr<server::Broker> broker;
  std::unique_ptr<Cluster> cluster;
};

}  // namespace leat::client
