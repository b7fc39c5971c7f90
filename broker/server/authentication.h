// Authentication: one connection's way to a user, on a listener with SASL (KIP-43, KIP-152).
//
//   [ApiVersions]  SaslHandshake(mechanism)  SaslAuthenticate(token) ...  requests of the user ...
//
// After a SaslHandshake of version 0 tokens come in frames of their own, without headers, and are answered so. Whoever
// fails is told so and the connection closed. Left out: to authenticate again on the same connection (KIP-368).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "broker/server/listener_security.h"
#include "broker/server/scram.h"
#include "broker/wire/api_key.h"
#include "broker/wire/error_code.h"

namespace leat::server {

/// The server's side of one mechanism.
class SaslExchange {
 public:
  virtual ~SaslExchange() = default;
  /// Takes a client's token and gives the answer to it. An error ends the exchange; clients may be told its message.
  virtual Result<Bytes> answer(BytesView token) = 0;
  /// Who it is, once that is proved.
  virtual std::optional<std::string> user() const = 0;
};

/// Lives with its connection. Borrows its arguments.
class Authentication {
 public:
  Authentication(const SaslConfig& config, const Settings& settings, Random& random)
      : config_(config), settings_(settings), random_(random) {}

  bool done() const { return state_ == State::kDone; }
  /// Nothing more is taken from this connection.
  bool failed() const { return state_ == State::kFailed; }
  /// Requires done().
  const std::string& user() const { return user_; }

  /// Whether a request of this kind may be served now.
  bool admits(wire::ApiKey key) const;
  bool wants_bare_token() const { return state_ == State::kBareTokens; }

  const std::vector<std::string>& mechanisms() const { return config_.mechanisms; }
  wire::ErrorCode shake_hands(const std::string& mechanism, int version);
  /// Requires a handshake.
  Result<Bytes> authenticate(BytesView token);

 private:
  enum class State { kHandshake, kTokens, kBareTokens, kDone, kFailed };

  const SaslConfig& config_;
  const Settings& settings_;
  Random& random_;
  State state_ = State::kHandshake;
  std::string mechanism_;
  std::unique_ptr<SaslExchange> exchange_;
  std::string user_;
};

}  // namespace leat::server
