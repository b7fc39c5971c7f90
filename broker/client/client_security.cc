#include "broker/client/client_security.h"

#include "broker/client/tcp_channel.h"

namespace leat::client {

Result<ClientSecurity> read_client_security(const std::map<std::string, std::string>& settings) {
  const auto value_of = [&](const std::string& key, const std::string& otherwise) {
    const auto found = settings.find(key);
    return found == settings.end() ? otherwise : found->second;
  };
  const std::string protocol = value_of("security.protocol", "PLAINTEXT");
  const bool with_sasl = protocol.starts_with("SASL_");
  const bool with_tls = protocol.ends_with("SSL");
  if (protocol != (with_sasl ? std::string("SASL_") : std::string()) + (with_tls ? "SSL" : "PLAINTEXT"))
    return Error{ErrorKind::kInvalidArgument,
                 "security.protocol " + protocol + " is unknown; use PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"};
  ClientSecurity security;
  if (with_sasl) {
    LEAT_ASSIGN_OR_RETURN(
        security.sasl, read_sasl_credentials(value_of("sasl.mechanism", "GSSAPI"), value_of("sasl.jaas.config", "")));
  }
  if (with_tls) {
    security.tls.emplace();
    for (const auto& [key, value] : settings)
      if (key.starts_with("ssl.")) security.tls->emplace(key, value);
    LEAT_RETURN_IF_ERROR(check_tls_keys(*security.tls));
  }
  return security;
}

Result<std::unique_ptr<wire::Connector>> make_connector(World world, const ClientSecurity& security) {
  std::optional<Tls> tls;
  if (security.tls) {
    LEAT_ASSIGN_OR_RETURN(const TlsSettings settings, read_tls_settings(world.files, *security.tls));
    LEAT_ASSIGN_OR_RETURN(tls, Tls::of_client(settings));
  }
  std::unique_ptr<wire::Connector> connector = std::make_unique<TcpConnector>(world, std::move(tls));
  if (security.sasl) connector = std::make_unique<SaslConnector>(world, std::move(connector), *security.sasl);
  return connector;
}

}  // namespace leat::client
