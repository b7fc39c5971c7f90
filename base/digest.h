// Digests and what authentication makes of them: SHA-2, HMAC, PBKDF2, base64. The arithmetic is OpenSSL's.
//
//   const Bytes key = hmac(Digest::kSha256, salted_password, "Client Key");
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace leat {

enum class Digest { kSha256, kSha512 };

Bytes digest_of(Digest digest, BytesView bytes);
Bytes hmac(Digest digest, BytesView key, BytesView message);
/// PBKDF2 with HMAC, as long as the digest: a password made slow to guess. Requires iterations >= 1.
Bytes stretched(Digest digest, BytesView password, BytesView salt, std::int32_t iterations);
/// Takes the same time wherever the two differ.
bool equal_secrets(BytesView a, BytesView b);

/// The standard alphabet, with padding (RFC 4648).
std::string to_base64(BytesView bytes);
Result<Bytes> from_base64(std::string_view text);

}  // namespace leat
