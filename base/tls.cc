#include "base/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "base/tls_inside.h"

namespace leat {

namespace {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* each) const {
    kFree(each);
  }
};
void free_certificates(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, Freed<PKCS12_free>>;

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

/// The reasons that OpenSSL has queued, for people.
std::string reasons() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (reason == nullptr) continue;
    if (!text.empty()) text += ", ";
    text += reason;
  }
  return text.empty() ? "unknown reason" : text;
}

int give_password(char* to, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  const int length = std::min(size, static_cast<int>(text.size()));
  std::copy_n(text.data(), length, to);
  return length;
}

/// What a store holds.
struct Content {
  KeyPtr key;
  std::vector<CertificatePtr> certificates;
};

Result<Content> read_pem(const TlsStore& store) {
  Content content;
  const auto size = static_cast<int>(store.content.size());
  auto* password = const_cast<std::string*>(&store.password);
  const BioPtr certificates(BIO_new_mem_buf(store.content.data(), size));
  while (X509* each = PEM_read_bio_X509(certificates.get(), nullptr, give_password, password))
    content.certificates.emplace_back(each);
  const unsigned long end = ERR_peek_last_error();
  if (ERR_GET_LIB(end) != ERR_LIB_PEM || ERR_GET_REASON(end) != PEM_R_NO_START_LINE)
    return invalid(fmt::format("{}: a certificate cannot be read: {}", store.source, reasons()));
  ERR_clear_error();
  if (store.content.find("PRIVATE KEY-----") == std::string::npos) return content;
  const BioPtr key(BIO_new_mem_buf(store.content.data(), size));
  content.key.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, give_password, password));
  if (!content.key)
    return invalid(
        fmt::format("{}: the private key cannot be read ({}); is ssl.key.password right?", store.source, reasons()));
  return content;
}

Result<Content> read_pkcs12(const TlsStore& store) {
  const BioPtr bytes(BIO_new_mem_buf(store.content.data(), static_cast<int>(store.content.size())));
  const Pkcs12Ptr file(d2i_PKCS12_bio(bytes.get(), nullptr));
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (!file || PKCS12_parse(file.get(), store.password.c_str(), &key, &certificate, &others) != 1) {
    const std::string why = reasons();
    return invalid(fmt::format("{} cannot be read as {}: {}{}", store.source, file ? "PKCS#12" : "PEM or PKCS#12", why,
                               file ? "; is the store's password right?" : ""));
  }
  Content content;
  content.key.reset(key);
  if (certificate != nullptr) content.certificates.emplace_back(certificate);
  const std::unique_ptr<STACK_OF(X509), Freed<free_certificates>> owner(others);
  for (int i = 0; i < sk_X509_num(others); ++i) {
    X509* each = sk_X509_value(others, i);
    X509_up_ref(each);
    content.certificates.emplace_back(each);
  }
  return content;
}

Result<Content> read_store(const TlsStore& store) {
  return store.content.find("-----BEGIN ") != std::string::npos ? read_pem(store) : read_pkcs12(store);
}

Status show(SSL_CTX* context, const TlsStore& store) {
  LEAT_ASSIGN_OR_RETURN(const Content content, read_store(store));
  if (!content.key) return invalid(fmt::format("{} holds no private key (-----BEGIN PRIVATE KEY-----)", store.source));
  // Stores of Java name the key's own certificate in any place.
  const auto own = std::find_if(content.certificates.begin(), content.certificates.end(), [&](const auto& each) {
    return X509_check_private_key(each.get(), content.key.get()) == 1;
  });
  ERR_clear_error();
  if (own == content.certificates.end())
    return invalid(fmt::format("{} holds no certificate that belongs to its private key", store.source));
  if (SSL_CTX_use_certificate(context, own->get()) != 1 || SSL_CTX_use_PrivateKey(context, content.key.get()) != 1)
    return invalid(fmt::format("{}: the certificate cannot be used: {}", store.source, reasons()));
  for (const auto& each : content.certificates)
    if (each != *own) SSL_CTX_add1_chain_cert(context, each.get());
  return {};
}

Status trust(SSL_CTX* context, const TlsStore& store) {
  if (store.content.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  LEAT_ASSIGN_OR_RETURN(const Content content, read_store(store));
  if (content.certificates.empty()) return invalid(fmt::format("{} holds no certificates", store.source));
  for (const auto& each : content.certificates) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), each.get());
    SSL_CTX_add_client_CA(context, each.get());
  }
  // A certificate that is trusted itself needs nobody above it.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

/// Suites of TLS 1.2 have names of OpenSSL's own.
Status allow_suites(SSL_CTX* context, const std::vector<std::string>& suites) {
  if (suites.empty()) return {};
  std::string of_12;
  std::string of_13;
  for (const std::string& suite : suites) {
    const char* found = OPENSSL_cipher_name(suite.c_str());
    if (found == nullptr || std::string_view(found) == "(NONE)")
      return invalid(fmt::format("ssl.cipher.suites: {} is not there", suite));
    std::string& to = suite.find("_WITH_") == std::string::npos ? of_13 : of_12;
    to += (to.empty() ? "" : ":") + std::string(found);
  }
  if ((!of_12.empty() && SSL_CTX_set_cipher_list(context, of_12.c_str()) != 1) ||
      SSL_CTX_set_ciphersuites(context, of_13.c_str()) != 1)
    return invalid("ssl.cipher.suites: " + reasons());
  return {};
}

Result<std::shared_ptr<const Tls::Context>> make_context(const TlsSettings& settings, bool of_server) {
  auto made = std::make_shared<Tls::Context>();
  SSL_CTX* context = SSL_CTX_new(of_server ? TLS_server_method() : TLS_client_method());
  LEAT_CHECK(context != nullptr, "OpenSSL has no memory left");
  made->context = context;
  made->of_server = of_server;
  made->check_host = settings.check_host;
  const auto speaks = [&](const char* protocol) {
    return std::find(settings.protocols.begin(), settings.protocols.end(), protocol) != settings.protocols.end();
  };
  SSL_CTX_set_min_proto_version(context, speaks("TLSv1.2") ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context, speaks("TLSv1.3") ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // Renegotiation lets clients make the server work; clients that close without a word are no attack on frames.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (of_server) SSL_CTX_set_num_tickets(context, 0);
  LEAT_RETURN_IF_ERROR(allow_suites(context, settings.cipher_suites));
  if (!settings.own.content.empty()) LEAT_RETURN_IF_ERROR(show(context, settings.own));
  if (!of_server || settings.client_auth != TlsClientAuth::kNone)
    LEAT_RETURN_IF_ERROR(trust(context, settings.trusted));
  int verify = of_server ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
  if (of_server && settings.client_auth != TlsClientAuth::kNone)
    verify = SSL_VERIFY_PEER | (settings.client_auth == TlsClientAuth::kRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
  SSL_CTX_set_verify(context, verify, nullptr);
  return std::shared_ptr<const Tls::Context>(std::move(made));
}

}  // namespace

Tls::Context::~Context() { SSL_CTX_free(context); }

Result<Tls> Tls::of_server(const TlsSettings& settings) {
  if (settings.own.content.empty())
    return invalid(
        "a listener with TLS needs a key and a certificate: set ssl.keystore.type=PEM and ssl.keystore.location");
  LEAT_ASSIGN_OR_RETURN(auto context, make_context(settings, true));
  return Tls(std::move(context));
}

Result<Tls> Tls::of_client(const TlsSettings& settings) {
  LEAT_ASSIGN_OR_RETURN(auto context, make_context(settings, false));
  return Tls(std::move(context));
}

}  // namespace leat
