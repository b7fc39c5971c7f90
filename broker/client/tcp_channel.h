// Channels over connections of the world's network.
#pragma once

#include "base/world.h"
#include "broker/wire/channel.h"

namespace leat::client {

class TcpConnector : public wire::Connector {
 public:
  explicit TcpConnector(World world) : world_(world) {}
  void connect(const Endpoint& broker, OneShot<Result<std::unique_ptr<wire::Channel>>> done) override;

 private:
  World world_;
};

}  // namespace leat::client
