#include "broker/server/scram_exchange.h"

#include "base/digest.h"

namespace leat::server {

namespace {

/// All failures look alike to a client, so that it cannot find out who is known here.
Error refused() { return {ErrorKind::kInvalidArgument, "Authentication failed: invalid credentials"}; }

/// Takes the attribute `name=value` up to the next comma from the front of `rest`.
std::optional<std::string_view> take(std::string_view& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return std::nullopt;
  const std::size_t comma = std::min(rest.find(','), rest.size());
  const std::string_view value = rest.substr(2, comma - 2);
  rest.remove_prefix(std::min(comma + 1, rest.size()));
  return value;
}

/// Commas and equals signs of a name are written =2C and =3D.
std::optional<std::string> plain_name(std::string_view name) {
  std::string plain;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '=') {
      plain += name[i];
    } else if (const auto code = name.substr(i, 3); code == "=2C" || code == "=3D") {
      plain += code == "=2C" ? ',' : '=';
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return plain;
}

Bytes exclusive_or(BytesView a, BytesView b) {
  Bytes result(a);
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<char>(result[i] ^ b[i]);
  return result;
}

}  // namespace

Result<Bytes> ScramExchange::answer(BytesView token) {
  return server_first_.empty() ? answer_first(token) : answer_final(token);
}

Result<Bytes> ScramExchange::answer_first(BytesView message) {
  std::string_view rest = message;
  if (!rest.starts_with("n,")) return refused();  // no channel binding
  rest.remove_prefix(2);
  std::string_view authorization_id;
  if (rest.starts_with(',')) {
    rest.remove_prefix(1);
  } else if (const auto named = take(rest, 'a')) {
    authorization_id = *named;
  } else {
    return refused();
  }
  binding_ = to_base64(message.substr(0, message.size() - rest.size()));
  client_first_bare_ = rest;
  take(rest, 'm');
  const auto name = take(rest, 'n');
  const auto nonce = take(rest, 'r');
  const auto user = name ? plain_name(*name) : std::nullopt;
  if (!user || user->empty() || !nonce || nonce->empty()) return refused();
  if (!authorization_id.empty() && plain_name(authorization_id) != user) return refused();
  const auto found = settings_.scram().find(*user);
  if (found == settings_.scram().end()) return refused();
  const auto credential = found->second.find(static_cast<std::int8_t>(mechanism_));
  if (credential == found->second.end()) return refused();
  user_ = *user;
  credential_ = credential->second;
  nonce_ = std::string(*nonce) + Uuid::random(random_).to_base64();
  server_first_ = "r=" + nonce_ + ",s=" + to_base64(credential_.salt) + ",i=" + std::to_string(credential_.iterations);
  return Bytes(server_first_);
}

Result<Bytes> ScramExchange::answer_final(BytesView message) {
  std::string_view rest = message;
  const auto binding = take(rest, 'c');
  const auto nonce = take(rest, 'r');
  const std::size_t proof_at = message.rfind(",p=");
  // Old librdkafkas put their own nonce in front of the whole one once more.
  if (!binding || *binding != binding_ || !nonce || !nonce->ends_with(nonce_) || proof_at == BytesView::npos)
    return refused();
  const auto proof = from_base64(message.substr(proof_at + 3));
  const Digest digest = digest_of(mechanism_);
  const std::string signed_text =
      client_first_bare_ + "," + server_first_ + "," + std::string(message.substr(0, proof_at));
  const Bytes client_signature = hmac(digest, credential_.stored_key, signed_text);
  if (!proof || proof->size() != client_signature.size()) return refused();
  const Bytes client_key = exclusive_or(*proof, client_signature);
  if (!equal_secrets(leat::digest_of(digest, client_key), credential_.stored_key)) return refused();
  proved_ = true;
  return "v=" + to_base64(hmac(digest, credential_.server_key, signed_text));
}

}  // namespace leat::server
