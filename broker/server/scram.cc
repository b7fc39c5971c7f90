#include "broker/server/scram.h"

namespace leat::server {

std::optional<ScramMechanism> scram_mechanism(std::int8_t number) {
  if (number != 1 && number != 2) return std::nullopt;
  return static_cast<ScramMechanism>(number);
}

std::optional<ScramMechanism> scram_mechanism(std::string_view name) {
  if (name == "SCRAM-SHA-256") return ScramMechanism::kSha256;
  if (name == "SCRAM-SHA-512") return ScramMechanism::kSha512;
  return std::nullopt;
}

Digest digest_of(ScramMechanism mechanism) {
  return mechanism == ScramMechanism::kSha256 ? Digest::kSha256 : Digest::kSha512;
}

ScramCredential scram_credential(ScramMechanism mechanism, BytesView salt, BytesView salted_password,
                                 std::int32_t iterations) {
  const Digest digest = digest_of(mechanism);
  ScramCredential credential;
  credential.salt = salt;
  credential.stored_key = leat::digest_of(digest, hmac(digest, salted_password, "Client Key"));
  credential.server_key = hmac(digest, salted_password, "Server Key");
  credential.iterations = iterations;
  return credential;
}

}  // namespace leat::server
