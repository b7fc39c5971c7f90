// ScramExchange: the server's side of SCRAM (RFC 5802), against the credentials in Settings.
//
//   client first   n,[a=AUTHZID],n=USER,r=NONCE
//   server first   r=NONCE+OURS,s=SALT,i=ITERATIONS
//   client final   c=BINDING,r=NONCE+OURS,p=PROOF
//   server final   v=SIGNATURE
//
// PROOF xor HMAC(stored key, "client first bare,server first,client final without proof") is the client key, whose
// digest is the stored key.
#pragma once

#include "base/random.h"
#include "broker/server/authentication.h"

namespace leat::server {

class ScramExchange : public SaslExchange {
 public:
  ScramExchange(ScramMechanism mechanism, const Settings& settings, Random& random)
      : mechanism_(mechanism), settings_(settings), random_(random) {}

  Result<Bytes> answer(BytesView token) override;
  std::optional<std::string> user() const override { return proved_ ? std::optional(user_) : std::nullopt; }

 private:
  Result<Bytes> answer_first(BytesView message);
  Result<Bytes> answer_final(BytesView message);

  ScramMechanism mechanism_;
  const Settings& settings_;
  Random& random_;
  std::string user_;
  ScramCredential credential_;
  std::string binding_;  ///< what the client must repeat of its first message, in base64
  std::string nonce_;
  std::string client_first_bare_;
  std::string server_first_;
  bool proved_ = false;
};

}  // namespace leat::server
