#include "base/tls_settings.h"

#include <fmt/format.h>

#include <algorithm>

namespace leat {

namespace {

constexpr std::string_view kBlank = " \t\r\n";

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

std::string value_of(const TlsKeys& keys, const std::string& key, std::string_view otherwise = "") {
  const auto found = keys.find(key);
  return found == keys.end() ? std::string(otherwise) : found->second;
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    std::string part = list.substr(begin, end - begin);
    part.erase(0, std::min(part.find_first_not_of(kBlank), part.size()));
    part.erase(part.find_last_not_of(kBlank) + 1);
    if (!part.empty()) parts.push_back(std::move(part));
    begin = end + 1;
  }
  return parts;
}

Status check_type(const TlsKeys& keys, const std::string& key) {
  constexpr std::string_view kTypes[] = {"PEM", "PKCS12", "JKS"};
  const std::string type = value_of(keys, key, "JKS");
  if (std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes)) return {};
  return invalid(fmt::format("{}={}: PEM and PKCS12 can be read", key, type));
}

/// JKS is Kafka's default type; Java reads PKCS#12 files by that name as well.
Status check_content(const TlsStore& store) {
  if (store.content.starts_with("\xfe\xed\xfe\xed"))
    return invalid(
        fmt::format("{} is a JKS file, which only Java reads; convert it: keytool -importkeystore "
                    "-srckeystore {} -destkeystore store.p12 -deststoretype PKCS12",
                    store.source, store.source));
  return {};
}

/// A store by location, or by what `inline_keys` hold (PEM texts, one behind the other).
Result<TlsStore> read_store(Files& files, const TlsKeys& keys, const std::string& prefix, const std::string& password,
                            std::initializer_list<std::string> inline_keys) {
  TlsStore store;
  const std::string location = value_of(keys, prefix + "location");
  for (const std::string& key : inline_keys) {
    const std::string text = value_of(keys, key);
    if (text.empty()) continue;
    if (!location.empty()) return invalid(fmt::format("{}location and {} exclude each other", prefix, key));
    store.content += text + "\n";
    store.source = store.source.empty() ? key : store.source + ", " + key;
  }
  const bool pem = value_of(keys, prefix + "type") == "PEM";
  if (!store.content.empty() && !pem) return invalid(fmt::format("{} needs {}type=PEM", store.source, prefix));
  if (!location.empty()) {
    auto content = read_file(files, location);
    if (!content) return content.error().in(prefix + "location");
    store.content = std::move(*content);
    store.source = location;
  }
  store.password = value_of(keys, pem ? "ssl.key.password" : password);
  LEAT_RETURN_IF_ERROR(check_content(store));
  return store;
}

}  // namespace

Status check_tls_keys(const TlsKeys& keys) {
  LEAT_RETURN_IF_ERROR(check_type(keys, "ssl.keystore.type"));
  LEAT_RETURN_IF_ERROR(check_type(keys, "ssl.truststore.type"));
  for (const std::string& protocol : parts_of(value_of(keys, "ssl.enabled.protocols")))
    if (protocol != "TLSv1.2" && protocol != "TLSv1.3")
      return invalid(fmt::format("ssl.enabled.protocols: {} is not spoken; TLSv1.2 and TLSv1.3 are", protocol));
  const std::string auth = value_of(keys, "ssl.client.auth", "none");
  if (auth != "none" && auth != "requested" && auth != "required")
    return invalid(fmt::format("ssl.client.auth={}: none, requested or required", auth));
  const std::string algorithm = value_of(keys, "ssl.endpoint.identification.algorithm", "https");
  if (!algorithm.empty() && algorithm != "https" && algorithm != "HTTPS")
    return invalid(fmt::format("ssl.endpoint.identification.algorithm={}: https, or empty for none", algorithm));
  if (!value_of(keys, "ssl.engine.factory.class").empty())
    return invalid("ssl.engine.factory.class: classes of Java cannot be loaded");
  return {};
}

Result<TlsSettings> read_tls_settings(Files& files, const TlsKeys& keys) {
  LEAT_RETURN_IF_ERROR(check_tls_keys(keys));
  TlsSettings settings;
  LEAT_ASSIGN_OR_RETURN(settings.own, read_store(files, keys, "ssl.keystore.", "ssl.keystore.password",
                                                 {"ssl.keystore.certificate.chain", "ssl.keystore.key"}));
  LEAT_ASSIGN_OR_RETURN(settings.trusted, read_store(files, keys, "ssl.truststore.", "ssl.truststore.password",
                                                     {"ssl.truststore.certificates"}));
  if (auto protocols = parts_of(value_of(keys, "ssl.enabled.protocols")); !protocols.empty())
    settings.protocols = std::move(protocols);
  settings.cipher_suites = parts_of(value_of(keys, "ssl.cipher.suites"));
  const std::string auth = value_of(keys, "ssl.client.auth", "none");
  settings.client_auth = auth == "required"    ? TlsClientAuth::kRequired
                         : auth == "requested" ? TlsClientAuth::kRequested
                                               : TlsClientAuth::kNone;
  settings.check_host = !value_of(keys, "ssl.endpoint.identification.algorithm", "https").empty();
  return settings;
}

}  // namespace leat
