#include "broker/client/sasl_client.h"

#include <charconv>

#include "base/digest.h"
#include "base/uuid.h"

namespace leat::client {

namespace {

/// NUL user NUL password (RFC 4616).
class PlainClient : public SaslClient {
 public:
  explicit PlainClient(const SaslCredentials& credentials) : credentials_(credentials) {}

  Bytes first() override { return '\0' + credentials_.user + '\0' + credentials_.password; }
  Result<std::optional<Bytes>> answer(BytesView /*token*/) override { return std::optional<Bytes>(); }

 private:
  SaslCredentials credentials_;
};

Error not_scram(const std::string& what) { return {ErrorKind::kCorrupt, "the broker's SCRAM message " + what}; }

/// The value of an attribute in `a=...,b=...`.
std::optional<std::string> attribute(BytesView message, char name) {
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t comma = std::min(message.find(',', at), message.size());
    const BytesView part = message.substr(at, comma - at);
    if (part.size() >= 2 && part[0] == name && part[1] == '=') return std::string(part.substr(2));
    at = comma + 1;
  }
  return std::nullopt;
}

/// RFC 5802; the exchange is drawn in broker/server/scram_exchange.h.
class ScramClient : public SaslClient {
 public:
  ScramClient(Digest digest, const SaslCredentials& credentials, Random& random)
      : digest_(digest), password_(credentials.password), nonce_(Uuid::random(random).to_base64()) {
    for (const char c : credentials.user) user_ += c == ',' ? "=2C" : c == '=' ? "=3D" : std::string(1, c);
  }

  Bytes first() override { return "n,," + bare(); }

  Result<std::optional<Bytes>> answer(BytesView token) override {
    if (signature_.empty()) return answer_first(token);
    // The broker must prove that it knows the user's keys.
    if (attribute(token, 'v').value_or("") != signature_) return not_scram("has a wrong signature: it is an impostor");
    return std::optional<Bytes>();
  }

 private:
  static constexpr std::int32_t kIterationsMin = 4096, kIterationsMax = 1'000'000;

  std::string bare() const { return "n=" + user_ + ",r=" + nonce_; }

  Result<std::optional<Bytes>> answer_first(BytesView token) {
    const auto nonce = attribute(token, 'r');
    const auto salt_text = attribute(token, 's');
    const auto iterations_text = attribute(token, 'i');
    if (!nonce || !nonce->starts_with(nonce_) || !salt_text || !iterations_text)
      return not_scram("is malformed, or answers somebody else");
    LEAT_ASSIGN_OR_RETURN(const Bytes salt, from_base64(*salt_text));
    std::int32_t iterations = 0;
    std::from_chars(iterations_text->data(), iterations_text->data() + iterations_text->size(), iterations);
    if (iterations < kIterationsMin || iterations > kIterationsMax)
      return not_scram("asks for " + *iterations_text + " iterations");
    const Bytes salted = stretched(digest_, password_, salt, iterations);
    const std::string without_proof = "c=" + to_base64("n,,") + ",r=" + *nonce;
    const std::string text = bare() + "," + std::string(token) + "," + without_proof;
    const Bytes key = hmac(digest_, salted, "Client Key");
    Bytes proof = hmac(digest_, digest_of(digest_, key), text);
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ key[i]);
    signature_ = to_base64(hmac(digest_, hmac(digest_, salted, "Server Key"), text));
    return std::optional<Bytes>(without_proof + ",p=" + to_base64(proof));
  }

  Digest digest_;
  std::string user_;
  std::string password_;
  std::string nonce_;
  std::string signature_;
};

}  // namespace

std::unique_ptr<SaslClient> make_sasl_client(const SaslCredentials& credentials, Random& random) {
  if (credentials.mechanism == "PLAIN") return std::make_unique<PlainClient>(credentials);
  const Digest digest = credentials.mechanism == "SCRAM-SHA-256" ? Digest::kSha256 : Digest::kSha512;
  return std::make_unique<ScramClient>(digest, credentials, random);
}

}  // namespace leat::client
