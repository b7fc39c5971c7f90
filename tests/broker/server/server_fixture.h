// A broker on a machine of the simulated world, with clients that behave and clients that do not.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "base/sim/sim_world.h"
#include "broker/client/cluster.h"
#include "broker/client/fetcher.h"
#include "broker/client/offsets.h"
#include "broker/client/producer.h"
#include "broker/client/tcp_channel.h"
#include "broker/server/broker.h"

namespace leat::server {

using namespace std::chrono_literals;

inline std::string said(const Status& status) { return status ? "ok" : status.error().message; }

/// A connection that sends bytes as they are.
class RawClient : public ConnectionReader {
 public:
  std::span<char> prepare() override { return room_; }
  void received(std::size_t size) override { answer.append(room_.data(), size); }
  void closed(const Error&) override { ended = true; }

  std::string answer;
  bool ended = false;
  std::unique_ptr<Connection> connection;

 private:
  std::array<char, 500> room_{};
};

class BrokerTest : public testing::Test {
 protected:
  BrokerTest();
  ~BrokerTest() override;

  static BrokerConfig config();
  /// Opens the broker and its listeners, on what the disk holds.
  Status start();
  /// Ends its process as kill -9 does.
  void kill();
  std::unique_ptr<RawClient> connect();

  template <class T, class Begin>
  T answer(Begin begin) {
    auto got = std::make_shared<std::optional<T>>();
    begin(OneShot<T>([got](T value) { *got = std::move(value); }));
    EXPECT_TRUE(sim.run_until([&] { return got->has_value(); }, 300s)) << "no answer";
    return got->has_value() ? std::move(**got) : T(Error{ErrorKind::kTimeout, "no answer"});
  }
  /// One request of a client that behaves.
  template <class Response, class Request>
  Response ask(Request request) {
    auto response = answer<Result<Response>>([&](OneShot<Result<Response>> done) {
      cluster->call_any<Request, Response>(std::move(request), std::move(done));
    });
    EXPECT_TRUE(response.ok()) << response.error().message;
    return response.ok() ? std::move(*response) : Response{};
  }
  void make_topic(const std::string& name);
  /// Sends one record to partition 0 and says what became of it.
  Status produce(const std::string& topic, const std::string& value);
  /// All values of partition 0, from the beginning.
  std::vector<std::string> read(const std::string& topic, std::size_t count);

  sim::SimWorld sim;
  World here;
  client::TcpConnector connector;
  std::unique_ptr<Broker> broker;
  std::unique_ptr<client::Cluster> cluster;
};

}  // namespace leat::server
