// Loopback: channels to a broker in the same process. Frames cross from the client's loop to the broker's and back;
// handlers, sessions' semantics and bytes are those of TCP, without the system calls.
#pragma once

#include <memory>

#include "broker/server/broker.h"
#include "broker/wire/channel.h"

namespace leat::server {

/// Where an embedded broker takes frames. Shared by the broker's owner and all connectors; only the broker's loop looks
/// at the broker, so a broker that is gone answers like a connection that breaks.
class LoopbackPort {
 public:
  explicit LoopbackPort(Loop& broker_loop) : loop_(broker_loop) {}

  /// On the broker's loop.
  void open(Broker& broker) { broker_ = &broker; }
  void close() { broker_ = nullptr; }

  Loop& loop() { return loop_; }
  Broker* broker() { return broker_; }

 private:
  Loop& loop_;
  Broker* broker_ = nullptr;
};

/// Connects to the embedded broker whatever address is asked for. Lives on the client's loop.
class LoopbackConnector : public wire::Connector {
 public:
  LoopbackConnector(Loop& client_loop, std::shared_ptr<LoopbackPort> port)
      : loop_(client_loop), port_(std::move(port)) {}
  void connect(const Endpoint& broker, OneShot<Result<std::unique_ptr<wire::Channel>>> done) override;

 private:
  Loop& loop_;
  std::shared_ptr<LoopbackPort> port_;
};

}  // namespace leat::server
