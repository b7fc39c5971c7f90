#include "broker/server/listener_security.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/jaas.h"
#include "broker/server/broker_config.h"

namespace leat::server {

namespace {

constexpr std::string_view kPlain = "PLAIN";
constexpr std::string_view kMechanisms[] = {kPlain, "SCRAM-SHA-256", "SCRAM-SHA-512"};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

const std::string* given(const BrokerConfig& config, const std::string& key) {
  const auto found = config.given.find(key);
  return found == config.given.end() ? nullptr : &found->second;
}

/// PLAINTEXT unless the name or listener.security.protocol.map says otherwise.
std::string protocol_of(const BrokerConfig& config, const std::string& listener) {
  if (const std::string* map = given(config, "listener.security.protocol.map"))
    for (const std::string& entry : split_list(*map))
      if (const std::size_t colon = entry.find(':'); entry.substr(0, colon) == listener)
        return colon == std::string::npos ? "" : entry.substr(colon + 1);
  for (const std::string_view protocol : {"SASL_PLAINTEXT", "SASL_SSL", "SSL"})
    if (listener == protocol) return listener;
  return "PLAINTEXT";
}

/// The mechanism's own value before that of the listener, and that before the one of all.
Status read_reauth(const BrokerConfig& config, const std::string& prefix, SaslConfig& sasl) {
  const std::string key = "connections.max.reauth.ms";
  for (const std::string& mechanism : sasl.mechanisms)
    for (const std::string& name : {prefix + lower(mechanism) + "." + key, prefix + key, key}) {
      const std::string* value = given(config, name);
      if (value == nullptr) continue;
      std::int64_t limit_ms = 0;
      const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), limit_ms);
      if (error != std::errc{} || end != value->data() + value->size() || limit_ms < 0)
        return invalid(fmt::format("{}={} is no number of milliseconds", name, *value));
      if (limit_ms > 0) sasl.reauth_ms[mechanism] = limit_ms;
      break;
    }
  return {};
}

Result<SaslConfig> read_sasl(const BrokerConfig& config, const std::string& listener) {
  const std::string prefix = listener_prefix(listener);
  SaslConfig sasl;
  const std::string* mechanisms = given(config, prefix + "sasl.enabled.mechanisms");
  if (mechanisms == nullptr) mechanisms = given(config, "sasl.enabled.mechanisms");
  sasl.mechanisms = split_list(mechanisms == nullptr ? "GSSAPI" : *mechanisms);
  for (const std::string& mechanism : sasl.mechanisms)
    if (std::find(std::begin(kMechanisms), std::end(kMechanisms), mechanism) == std::end(kMechanisms))
      return invalid(fmt::format("listener {}: mechanism {} is not served; set sasl.enabled.mechanisms to some of {}",
                                 listener, mechanism, fmt::join(kMechanisms, ", ")));
  LEAT_RETURN_IF_ERROR(read_reauth(config, prefix, sasl));
  if (std::find(sasl.mechanisms.begin(), sasl.mechanisms.end(), kPlain) == sasl.mechanisms.end()) return sasl;
  const std::string key = prefix + "plain.sasl.jaas.config";
  const std::string* jaas = given(config, key);
  if (jaas == nullptr) jaas = given(config, "sasl.jaas.config");
  if (jaas == nullptr) return invalid(fmt::format("listener {}: {} is needed for PLAIN", listener, key));
  auto users = parse_plain_users(*jaas);
  if (!users) return users.error().in(key);
  sasl.plain_users = std::move(*users);
  return sasl;
}

/// The listener's own values before those of all listeners.
Status read_tls(const BrokerConfig& config, ListenerConfig& listener) {
  const std::string prefix = listener_prefix(listener.name);
  TlsKeys keys;
  for (const auto& [key, value] : config.given)
    if (key.starts_with("ssl.")) keys[key] = value;
  if (listener.sasl) keys.erase("ssl.client.auth");
  for (const auto& [key, value] : config.given)
    if (key.starts_with(prefix + "ssl.")) keys[key.substr(prefix.size())] = value;
  if (const Status known = check_tls_keys(keys); !known) return known.error().in("listener " + listener.name);
  if (const auto rules = keys.find("ssl.principal.mapping.rules"); rules != keys.end()) {
    auto mapping = PrincipalMapping::parse(rules->second);
    if (!mapping) return mapping.error().in(rules->first);
    listener.principals = std::move(*mapping);
  }
  listener.tls = std::move(keys);
  return {};
}

}  // namespace

std::string listener_prefix(const std::string& listener) { return "listener.name." + lower(listener) + "."; }

Result<std::map<std::string, std::string>> parse_plain_users(const std::string& jaas) {
  constexpr std::string_view kUserPrefix = "user_";
  LEAT_ASSIGN_OR_RETURN(const auto options, parse_jaas(jaas));
  std::map<std::string, std::string> users;
  for (const auto& [name, value] : options)
    if (name.starts_with(kUserPrefix)) users[name.substr(kUserPrefix.size())] = value;
  return users;
}

Status read_listener_security(BrokerConfig& config) {
  for (ListenerConfig& listener : config.listeners) {
    const std::string protocol = protocol_of(config, listener.name);
    const bool with_sasl = protocol.starts_with("SASL_");
    const bool with_tls = protocol.ends_with("SSL");
    if (protocol != (with_sasl ? std::string("SASL_") : std::string()) + (with_tls ? "SSL" : "PLAINTEXT"))
      return invalid(fmt::format("listener {}: protocol {} is unknown; use PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
                                 listener.name, protocol));
    if (with_sasl) {
      LEAT_ASSIGN_OR_RETURN(listener.sasl, read_sasl(config, listener.name));
    }
    if (with_tls) LEAT_RETURN_IF_ERROR(read_tls(config, listener));
  }
  return {};
}

}  // namespace leat::server
