#include "broker/server/authentication.h"

#include <algorithm>

#include "broker/server/scram_exchange.h"

namespace leat::server {

using wire::ApiKey;
using wire::ErrorCode;

namespace {

constexpr Duration kHandshakesApart = std::chrono::seconds(1);

Error refused(std::string why) { return {ErrorKind::kInvalidArgument, "Authentication failed: " + std::move(why)}; }

/// [authorization id] NUL user NUL password (RFC 4616).
class PlainExchange : public SaslExchange {
 public:
  explicit PlainExchange(const SaslConfig& config) : config_(config) {}

  Result<Bytes> answer(BytesView token) override {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= token.size();) {
      const std::size_t end = std::min(token.find('\0', at), token.size());
      parts.emplace_back(token.substr(at, end - at));
      at = end + 1;
    }
    constexpr std::size_t kParts = 3;
    if (parts.size() != kParts)
      return Error{ErrorKind::kInvalidArgument,
                   "Invalid SASL/PLAIN response: expected 3 tokens, got " + std::to_string(parts.size())};
    const auto& [authorization_id, user, password] = std::tie(parts[0], parts[1], parts[2]);
    if (user.empty()) return refused("username not specified");
    if (password.empty()) return refused("password not specified");
    const auto found = config_.plain_users.find(user);
    if (found == config_.plain_users.end() || !equal_secrets(found->second, password))
      return refused("Invalid username or password");
    if (!authorization_id.empty() && authorization_id != user)
      return refused("Client requested an authorization id that is different from username");
    user_ = user;
    return Bytes();
  }
  std::optional<std::string> user() const override { return user_; }

 private:
  const SaslConfig& config_;
  std::optional<std::string> user_;
};

}  // namespace

bool Authentication::admits(ApiKey key) const {
  switch (state_) {
    case State::kHandshake: return key == ApiKey::kApiVersions || key == ApiKey::kSaslHandshake;
    case State::kTokens: return key == ApiKey::kSaslAuthenticate;
    case State::kDone: return !expired() || (key == ApiKey::kSaslHandshake && may_shake_hands());
    case State::kBareTokens:
    case State::kFailed: break;
  }
  return false;
}

bool Authentication::may_shake_hands() const {
  if (state_ == State::kHandshake) return true;
  return done() && (!again_began_ || loop_.now() - *again_began_ >= kHandshakesApart);
}

std::int64_t Authentication::lifetime_ms() const {
  const auto limit = config_.reauth_ms.find(mechanism_);
  return done() && limit != config_.reauth_ms.end() ? limit->second : 0;
}

ErrorCode Authentication::shake_hands(const std::string& mechanism, int version) {
  if (std::find(config_.mechanisms.begin(), config_.mechanisms.end(), mechanism) == config_.mechanisms.end()) {
    state_ = State::kFailed;
    return ErrorCode::kUnsupportedSaslMechanism;
  }
  if (done()) {
    again_began_ = loop_.now();
    former_user_ = user_;
    former_mechanism_ = mechanism_;
  }
  mechanism_ = mechanism;
  state_ = version == 0 ? State::kBareTokens : State::kTokens;
  if (const auto scram = scram_mechanism(mechanism)) {
    exchange_ = std::make_unique<ScramExchange>(*scram, settings_, random_);
  } else {
    exchange_ = std::make_unique<PlainExchange>(config_);
  }
  return ErrorCode::kNone;
}

Result<Bytes> Authentication::authenticate(BytesView token) {
  if (former_user_ && mechanism_ != former_mechanism_)
    return fail(refused("SASL mechanism '" + mechanism_ +
                        "' requested by client is not supported for re-authentication " + "of mechanism '" +
                        former_mechanism_ + "'"));
  auto answer = exchange_->answer(token);
  if (!answer) return fail(answer.error());
  if (auto user = exchange_->user()) {
    if (former_user_ && *user != *former_user_)
      return fail(
          refused("Cannot change principals during re-authentication from User." + *former_user_ + ": User." + *user));
    user_ = std::move(*user);
    state_ = State::kDone;
    exchange_.reset();
    const std::int64_t limit_ms = lifetime_ms();
    if (limit_ms > 0) expires_ = loop_.now() + std::chrono::milliseconds(limit_ms);
  }
  return answer;
}

Result<Bytes> Authentication::fail(Error why) {
  state_ = State::kFailed;
  return why;
}

}  // namespace leat::server
