// Authentication: one connection's way to a user, on a listener with SASL (KIP-43, KIP-152).
//
//   [ApiVersions]  SaslHandshake(mechanism)  SaslAuthenticate(token) ...  requests of the user ...
//
// After a SaslHandshake of version 0 tokens come in frames of their own, without headers, and are answered so. Whoever
// fails is told so and the connection closed.
//
// Where connections.max.reauth.ms limits how long that holds, the client is told, and shakes hands once more before the
// time is over, to show that it is still the same user (KIP-368). Afterwards nothing but a handshake is taken.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/loop.h"
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
  Authentication(const SaslConfig& config, const Settings& settings, Random& random, const Loop& loop)
      : config_(config), settings_(settings), random_(random), loop_(loop) {}

  bool done() const { return state_ == State::kDone; }
  /// Nothing more is taken from this connection.
  bool failed() const { return state_ == State::kFailed; }
  /// Requires done().
  const std::string& user() const { return user_; }

  /// Whether a request of this kind may be served now.
  bool admits(wire::ApiKey key) const;
  bool wants_bare_token() const { return state_ == State::kBareTokens; }
  /// Whether a handshake is in place: at the beginning, and again behind it, though not twice within a second.
  bool may_shake_hands() const;
  /// Whether the user should have authenticated again by now.
  bool expired() const { return done() && expires_ && loop_.now() > *expires_; }
  /// What clients are told when they are done: until when that holds, 0 where for ever.
  std::int64_t lifetime_ms() const;

  const std::vector<std::string>& mechanisms() const { return config_.mechanisms; }
  /// Requires may_shake_hands().
  wire::ErrorCode shake_hands(const std::string& mechanism, int version);
  /// Requires a handshake.
  Result<Bytes> authenticate(BytesView token);

 private:
  enum class State { kHandshake, kTokens, kBareTokens, kDone, kFailed };

  Result<Bytes> fail(Error why);

  const SaslConfig& config_;
  const Settings& settings_;
  Random& random_;
  const Loop& loop_;
  State state_ = State::kHandshake;
  std::string mechanism_;
  std::unique_ptr<SaslExchange> exchange_;
  std::string user_;
  std::optional<Instant> expires_;
  /// Of those who authenticate again: who they were, and since when.
  std::optional<std::string> former_user_;
  std::string former_mechanism_;
  std::optional<Instant> again_began_;
};

}  // namespace leat::server
