// SASL: what strangers say to a broker, and what a broker that is none says to a client.
//
//   uint8 side         0: a broker hears the steps   1, 2, 3: a client of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 hears the
//                      tokens   4: the rest is a JAAS configuration
//   step = uint8 kind {uint8 size, token}
//
// Kinds of a broker's steps: 0 to 4 a handshake for a mechanism, plus 8 in version 0; others a token. Nobody enters as
// somebody else: with PLAIN only the right words do.
#include "base/check.h"
#include "base/jaas.h"
#include "broker/client/sasl_client.h"
#include "broker/server/authentication.h"
#include "broker/server/metadata_record.h"
#include "broker/wire/records/admin_records.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_world.h"

namespace leat::fuzz {

namespace {

const std::string kMechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI", ""};
constexpr std::int32_t kIterations = 4096;
constexpr int kVersionZero = 8;
constexpr int kToken = 16;

/// The user ann, who is known by every mechanism.
struct Known {
  server::SaslConfig config{{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}, {{"ann", "secret"}}};
  server::Settings settings;

  Known() {
    for (const auto mechanism : {server::ScramMechanism::kSha256, server::ScramMechanism::kSha512}) {
      const auto credential = server::scram_credential(
          mechanism, "some salt", stretched(server::digest_of(mechanism), "secret", "some salt", kIterations),
          kIterations);
      wire::UserScramCredentialRecord record;
      record.name = "ann";
      record.mechanism = static_cast<std::int8_t>(mechanism);
      record.salt = credential.salt;
      record.stored_key = credential.stored_key;
      record.server_key = credential.server_key;
      record.iterations = credential.iterations;
      settings.apply(*server::read_metadata_record(*server::metadata_record(record).value));
    }
  }
};

BytesView take_token(BytesView& input) {
  if (input.empty()) return {};
  const auto size = static_cast<std::uint8_t>(input[0]);
  const BytesView token = input.substr(1, size);
  input.remove_prefix(1 + token.size());
  return token;
}

void hear_as_broker(BytesView input) {
  static const Known kKnown;
  StandingLoop loop;
  Random random(1);
  server::Authentication authentication(kKnown.config, kKnown.settings, random, loop);
  while (!input.empty() && !authentication.failed()) {
    const int kind = input[0];
    input.remove_prefix(1);
    if (kind >= 0 && kind < kToken) {
      if (!authentication.may_shake_hands()) continue;
      const std::string& mechanism = kMechanisms[(kind & ~kVersionZero) % std::size(kMechanisms)];
      (void)authentication.shake_hands(mechanism, kind & kVersionZero ? 0 : 1);
      continue;
    }
    const BytesView token = take_token(input);
    const bool expected = authentication.wants_bare_token() ||
                          (!authentication.done() && authentication.admits(wire::ApiKey::kSaslAuthenticate));
    if (!expected) continue;
    (void)authentication.authenticate(token);
    LEAT_CHECK(!authentication.done() || authentication.user() == "ann");
    if (authentication.done() && token.find('\0') != token.npos)
      LEAT_CHECK(token.ends_with(std::string_view("\0ann\0secret", 11)));
  }
}

void hear_as_client(const std::string& mechanism, BytesView input) {
  Random random(1);
  const auto client = client::make_sasl_client({mechanism, "ann", "secret"}, random);
  LEAT_CHECK(!client->first().empty());
  while (!input.empty()) {
    const auto answer = client->answer(take_token(input));
    if (!answer || !*answer) return;
  }
}

void add_token(Bytes& input, const Bytes& token) {
  input.push_back(static_cast<char>(token.size()));
  input += token;
}

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> inputs = {"\4org.Module required username=\"ann\" password=\"se\\\"cret\" user_bob=\"x\";",
                               "\4M required"};
  const Known known;
  StandingLoop loop;
  for (int i = 0; i < 3; ++i)
    for (const int version_bit : {0, kVersionZero}) {
      // Both sides draw what they will draw again.
      Random of_server(1), of_client(1);
      server::Authentication authentication(known.config, known.settings, of_server, loop);
      const auto client = client::make_sasl_client({kMechanisms[i], "ann", "secret"}, of_client);
      Bytes to_server(1, '\0'), to_client(1, static_cast<char>(i + 1));
      to_server.push_back(static_cast<char>(i | version_bit));
      (void)authentication.shake_hands(kMechanisms[i], version_bit ? 0 : 1);
      for (std::optional<Bytes> token = client->first(); token && !authentication.failed();) {
        to_server.push_back(static_cast<char>(kToken));
        add_token(to_server, *token);
        const auto answer = authentication.authenticate(*token);
        if (!answer) break;
        add_token(to_client, *answer);
        auto next = client->answer(*answer);
        token = next ? std::move(*next) : std::nullopt;
      }
      LEAT_CHECK(authentication.done(), "the seed is no log-in");
      inputs.push_back(to_server);
      inputs.push_back(to_server + to_server.substr(1));
      inputs.push_back(to_client);
    }
  return inputs;
}

}  // namespace leat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  if (size == 0) return 0;
  const BytesView rest = fuzz::view(data + 1, size - 1);
  constexpr int kSides = 5, kJaas = 4;
  const int side = data[0] % kSides;
  if (side == 0) {
    fuzz::hear_as_broker(rest);
  } else if (side == kJaas) {
    (void)parse_jaas(std::string(rest));
  } else {
    fuzz::hear_as_client(fuzz::kMechanisms[side - 1], rest);
  }
  return 0;
}
