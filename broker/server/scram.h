// SCRAM credentials (RFC 5802, RFC 7677).
#pragma once

#include <optional>
#include <string_view>

#include "base/digest.h"
#include "broker/server/settings.h"

namespace leat::server {

/// Kafka's numbers.
enum class ScramMechanism : std::int8_t { kSha256 = 1, kSha512 = 2 };

/// Nothing for a number or name ("SCRAM-SHA-256") that is no mechanism.
std::optional<ScramMechanism> scram_mechanism(std::int8_t number);
std::optional<ScramMechanism> scram_mechanism(std::string_view name);
Digest digest_of(ScramMechanism mechanism);

constexpr std::int32_t kScramIterationsMin = 4096;
constexpr std::int32_t kScramIterationsMax = 16384;

/// What is kept of a password that was salted and stretched already.
ScramCredential scram_credential(ScramMechanism mechanism, BytesView salt, BytesView salted_password,
                                 std::int32_t iterations);

}  // namespace leat::server
