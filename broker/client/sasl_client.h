// SaslClient: the client's side of a SASL mechanism.
#pragma once

#include <memory>

#include "base/random.h"
#include "broker/client/sasl_connector.h"

namespace leat::client {

class SaslClient {
 public:
  virtual ~SaslClient() = default;
  virtual Bytes first() = 0;
  /// The answer to a broker's token; nothing where the exchange is over. An error where the broker is not to be
  /// trusted.
  virtual Result<std::optional<Bytes>> answer(BytesView token) = 0;
};

/// Requires a mechanism that read_sasl_credentials took.
std::unique_ptr<SaslClient> make_sasl_client(const SaslCredentials& credentials, Random& random);

}  // namespace leat::client
