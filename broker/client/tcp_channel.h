// Channels over connections of the world's network, with TLS or without.
#pragma once

#include <map>
#include <optional>

#include "base/tls.h"
#include "base/world.h"
#include "broker/wire/channel.h"

namespace leat::client {

/// Lives on one loop. Ends the handshakes under way when it is destroyed.
class TcpConnector : public wire::Connector {
 public:
  explicit TcpConnector(World world, std::optional<Tls> tls = std::nullopt) : world_(world), tls_(std::move(tls)) {}
  ~TcpConnector() override { alive_.reset(); }

  void connect(const Endpoint& broker, OneShot<Result<std::unique_ptr<wire::Channel>>> done) override;

 private:
  void shake_hands(const Endpoint& broker, std::unique_ptr<Connection> connection,
                   OneShot<Result<std::unique_ptr<wire::Channel>>> done);

  World world_;
  std::optional<Tls> tls_;
  std::uint64_t next_handshake_ = 1;
  std::map<std::uint64_t, std::unique_ptr<Connection>> handshakes_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::client
