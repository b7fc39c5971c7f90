// SaslConnector: channels to brokers that want their clients to authenticate (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512).
//
//   auto credentials = read_sasl_credentials("PLAIN", jaas);
//   SaslConnector connector(world, std::make_unique<TcpConnector>(world), *credentials);
//
// A channel is handed out when the broker knows who is there and, with SCRAM, has proved that it knows the user too.
// Where the broker says for how long that holds, the channel logs in again before a request that would come too late
// (KIP-368).
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/world.h"
#include "broker/wire/channel.h"

namespace leat::client {

struct SaslCredentials {
  std::string mechanism;
  std::string user;
  std::string password;
};

class SaslChannel;

/// Credentials as Kafka's client settings say them: sasl.mechanism and sasl.jaas.config. kInvalidArgument says what is
/// not served or is missing.
Result<SaslCredentials> read_sasl_credentials(const std::string& mechanism, const std::string& jaas);

/// Lives on one loop, which outlives the channels it made. Ends the log-ins of channels that it has not handed out when
/// it is destroyed.
class SaslConnector : public wire::Connector {
 public:
  SaslConnector(World world, std::unique_ptr<wire::Connector> below, SaslCredentials credentials);
  ~SaslConnector() override;

  void connect(const Endpoint& broker, OneShot<Result<std::unique_ptr<wire::Channel>>> done) override;

 private:
  World world_;
  std::unique_ptr<wire::Connector> below_;
  SaslCredentials credentials_;
  std::set<std::unique_ptr<SaslChannel>> entering_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::client
