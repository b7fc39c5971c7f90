#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace leat {

namespace {

const EVP_MD* method(Digest digest) { return digest == Digest::kSha256 ? EVP_sha256() : EVP_sha512(); }
std::size_t size_of(Digest digest) { return static_cast<std::size_t>(EVP_MD_size(method(digest))); }
const unsigned char* octets(BytesView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* octets(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

}  // namespace

Bytes digest_of(Digest digest, BytesView bytes) {
  Bytes result(size_of(digest), '\0');
  LEAT_CHECK(EVP_Digest(bytes.data(), bytes.size(), octets(result), nullptr, method(digest), nullptr) == 1);
  return result;
}

Bytes hmac(Digest digest, BytesView key, BytesView message) {
  Bytes result(size_of(digest), '\0');
  unsigned int size = 0;
  LEAT_CHECK(HMAC(method(digest), key.data(), static_cast<int>(key.size()), octets(message), message.size(),
                  octets(result), &size) != nullptr);
  return result;
}

Bytes stretched(Digest digest, BytesView password, BytesView salt, std::int32_t iterations) {
  Bytes result(size_of(digest), '\0');
  LEAT_CHECK(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets(salt),
                               static_cast<int>(salt.size()), iterations, method(digest),
                               static_cast<int>(result.size()), octets(result)) == 1);
  return result;
}

bool equal_secrets(BytesView a, BytesView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_base64(BytesView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero
  text.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), octets(bytes), static_cast<int>(bytes.size()))));
  return text;
}

Result<Bytes> from_base64(std::string_view text) {
  Bytes bytes(text.size() / 4 * 3, '\0');
  const int size =
      text.size() % 4 == 0 ? EVP_DecodeBlock(octets(bytes), octets(text), static_cast<int>(text.size())) : -1;
  if (size < 0) return Error{ErrorKind::kInvalidArgument, "malformed base64"};
  // Padding was decoded as zeros.
  bytes.resize(static_cast<std::size_t>(size) - (text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0));
  return bytes;
}

}  // namespace leat
