// What a listener asks of its clients: nothing (PLAINTEXT), TLS (SSL), to authenticate with SASL (SASL_PLAINTEXT), or
// both (SASL_SSL).
//
//   listeners=CLIENTS://:9092
//   listener.security.protocol.map=CLIENTS:SASL_SSL
//   ssl.keystore.type=PEM
//   ssl.keystore.location=/etc/leat/broker.pem                      all of base/tls_settings.h
//   listener.name.clients.ssl.client.auth=required                  for one listener: with this prefix
//   sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
//   connections.max.reauth.ms=3600000                               for one listener, or one of its mechanisms, too
//   listener.name.clients.plain.sasl.jaas.config=PlainLoginModule required user_ann="password of ann";
//
// A listener without an entry in the map has the protocol that its name says. With SASL the user is the one who logs
// in, and a certificate is asked for only where the listener's own ssl.client.auth says so, as Kafka has it; otherwise
// the user is the certificate's subject, mapped by ssl.principal.mapping.rules. Left out: the mechanisms GSSAPI and
// OAUTHBEARER.
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
  /// connections.max.reauth.ms by mechanism, of those where it is set.
  std::map<std::string, std::int64_t> reauth_ms = {};
};

/// The users of a JAAS configuration: its options `user_NAME="password"`.
Result<std::map<std::string, std::string>> parse_plain_users(const std::string& jaas);

/// What stands before a key that is for one listener alone: `listener.name.NAME.`, in small letters.
std::string listener_prefix(const std::string& listener);

struct BrokerConfig;
/// Reads what `config.given` says of each listener's security. All listeners must be known.
Status read_listener_security(BrokerConfig& config);

}  // namespace leat::server
