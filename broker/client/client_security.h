// What Kafka's client settings say of security, and the connector that follows from it:
//
//   security.protocol=SASL_SSL               PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL
//   ssl.truststore.type=PEM                  ssl.*, as base/tls_settings.h lists them
//   sasl.mechanism=SCRAM-SHA-512             sasl.jaas.config
//
//   LEAT_ASSIGN_OR_RETURN(const auto security, read_client_security(values));
//   LEAT_ASSIGN_OR_RETURN(auto connector, make_connector(world, security));
#pragma once

#include "base/tls_settings.h"
#include "broker/client/sasl_connector.h"

namespace leat::client {

struct ClientSecurity {
  /// Nothing without TLS.
  std::optional<TlsKeys> tls;
  std::optional<SaslCredentials> sasl;
};

/// kInvalidArgument says what is not served or is missing. Files are not looked at.
Result<ClientSecurity> read_client_security(const std::map<std::string, std::string>& settings);
/// Reads the files of keys and certificates.
Result<std::unique_ptr<wire::Connector>> make_connector(World world, const ClientSecurity& security);

}  // namespace leat::client
