// What a listener asks of its clients: nothing (PLAINTEXT), or to authenticate with SASL (SASL_PLAINTEXT).
//
//   listeners=CLIENTS://:9092
//   listener.security.protocol.map=CLIENTS:SASL_PLAINTEXT
//   sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
//   listener.name.clients.plain.sasl.jaas.config=PlainLoginModule required user_ann="password of ann";
//
// A listener without an entry in the map has the protocol that its name says. Left out: TLS (SSL, SASL_SSL), and the
// mechanisms GSSAPI and OAUTHBEARER.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace leat::server {

struct SaslConfig {
  std::vector<std::string> mechanisms;
  /// Passwords by user, for PLAIN. Those of SCRAM are in the metadata log.
  std::map<std::string, std::string> plain_users;
};

/// The users of a JAAS configuration: its options `user_NAME="password"`.
Result<std::map<std::string, std::string>> parse_plain_users(const std::string& jaas);

struct BrokerConfig;
/// Reads what `config.given` says of each listener's security. All listeners must be known.
Status read_listener_security(BrokerConfig& config);

}  // namespace leat::server
