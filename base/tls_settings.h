// Kafka's `ssl.` settings, of brokers and clients alike:
//
//   ssl.keystore.type=PEM            ssl.keystore.location, or ssl.keystore.certificate.chain and ssl.keystore.key
//   ssl.keystore.type=PKCS12         ssl.keystore.location, ssl.keystore.password      (JKS too, for a PKCS#12 file)
//   ssl.key.password                 of an encrypted key in PEM
//   ssl.truststore.type=PEM          ssl.truststore.location, or ssl.truststore.certificates
//   ssl.truststore.type=PKCS12       ssl.truststore.location, ssl.truststore.password
//   ssl.enabled.protocols, ssl.cipher.suites
//   ssl.client.auth                  of brokers: none, requested, required
//   ssl.endpoint.identification.algorithm     of clients: https, or empty to take any host's certificate
#pragma once

#include <map>
#include <string>

#include "base/files.h"
#include "base/tls.h"

namespace leat {

/// Values of the settings above by name.
using TlsKeys = std::map<std::string, std::string>;

/// What can be said without looking at files: kInvalidArgument for values that nobody knows.
Status check_tls_keys(const TlsKeys& keys);
/// Reads the files too.
Result<TlsSettings> read_tls_settings(Files& files, const TlsKeys& keys);

}  // namespace leat
