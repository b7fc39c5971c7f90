#include "base/tls_session.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/tls_inside.h"

namespace leat {

namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;
constexpr std::int64_t kMsPerSecond = 1000;

std::string text_of(const X509_NAME* name) {
  BIO* bio = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

/// The host names that a certificate is for.
std::string hosts_of(X509* certificate) {
  std::string hosts;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    if (!hosts.empty()) hosts += ", ";
    hosts.append(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                 static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  GENERAL_NAMES_free(names);
  return hosts.empty() ? "no host" : hosts;
}

bool is_ip_address(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(address);
  ERR_clear_error();
  return address != nullptr;
}

/// What the peer's alert means for whoever reads the message.
std::string_view advice_on(int reason, bool of_server) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return of_server ? "; the client does not speak TLS: set its security.protocol to SSL or SASL_SSL"
                       : "; nobody speaks TLS there: take a listener with SSL, or security.protocol=PLAINTEXT";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return "; this listener wants a certificate of clients (ssl.client.auth=required): set the client's ssl.keystore";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "; the broker wants a certificate of its clients: set ssl.keystore.type and ssl.keystore.location";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return of_server ? "; the client does not trust this broker's certificate: see its ssl.truststore"
                       : "; the broker does not trust this client's certificate: see its ssl.truststore";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_NO_SHARED_CIPHER: return "; see ssl.enabled.protocols and ssl.cipher.suites of both sides";
    default: return "";
  }
}

}  // namespace

struct TlsSession::Inside {
  std::shared_ptr<const Tls::Context> context;
  SSL* ssl = nullptr;
  BIO* from_peer = nullptr;  // owned by ssl
  BIO* to_peer = nullptr;
  std::string host;
  /// Of the certificate that was refused, which OpenSSL keeps no longer than it looks at it.
  std::string refused_subject;
  std::string refused_hosts;

  ~Inside() { SSL_free(ssl); }
  static int remember_refused(int good, X509_STORE_CTX* store) {
    X509* certificate = X509_STORE_CTX_get_current_cert(store);
    if (good == 1 || certificate == nullptr) return good;
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* inside = static_cast<Inside*>(SSL_get_app_data(ssl));
    inside->refused_subject = text_of(X509_get_subject_name(certificate));
    inside->refused_hosts = hosts_of(certificate);
    return good;
  }
};

TlsSession::TlsSession(std::shared_ptr<const Tls::Context> context, const std::string& host, std::int64_t wall_clock_ms)
    : inside_(std::make_unique<Inside>()) {
  SSL* ssl = SSL_new(context->context);
  LEAT_CHECK(ssl != nullptr, "OpenSSL has no memory left");
  inside_->ssl = ssl;
  inside_->host = host;
  inside_->from_peer = BIO_new(BIO_s_mem());
  inside_->to_peer = BIO_new(BIO_s_mem());
  SSL_set_app_data(ssl, inside_.get());
  SSL_set_verify(ssl, SSL_get_verify_mode(ssl), Inside::remember_refused);
  SSL_set_bio(ssl, inside_->from_peer, inside_->to_peer);
  X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), wall_clock_ms / kMsPerSecond);
  if (context->of_server) {
    SSL_set_accept_state(ssl);
  } else {
    SSL_set_connect_state(ssl);
    const bool address = is_ip_address(host);
    if (!address) SSL_set_tlsext_host_name(ssl, host.c_str());
    if (context->check_host) {
      if (address) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
      } else {
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(ssl, host.c_str());
      }
    }
  }
  inside_->context = std::move(context);
}

TlsSession::TlsSession(TlsSession&&) noexcept = default;
TlsSession::~TlsSession() = default;

void TlsSession::take(std::span<const char> bytes) {
  BIO_write(inside_->from_peer, bytes.data(), static_cast<int>(bytes.size()));
}

Buf TlsSession::output() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(inside_->to_peer, &data);
  if (size <= 0) return {};
  Buf bytes = Buf::copy_of({data, static_cast<std::size_t>(size)});
  static_cast<void>(BIO_reset(inside_->to_peer));
  return bytes;
}

Error TlsSession::failure(int result) const {
  const int kind = SSL_get_error(inside_->ssl, result);
  const unsigned long code = ERR_peek_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  if (kind == SSL_ERROR_ZERO_RETURN) return {ErrorKind::kClosed, "the peer closed the connection"};
  const bool of_server = inside_->context->of_server;
  const long verified = SSL_get_verify_result(inside_->ssl);
  if (verified != X509_V_OK && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    std::string message = fmt::format("the certificate {} of the {} is refused: {}", inside_->refused_subject,
                                      of_server ? "client" : "broker", X509_verify_cert_error_string(verified));
    if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH)
      message += fmt::format(
          "; it is for {}, not for {}: connect by a name that it holds, or set ssl.endpoint.identification.algorithm "
          "to nothing",
          inside_->refused_hosts, inside_->host);
    if (verified == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY || verified == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
        verified == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT || verified == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE)
      message += "; put the certificate of who signed it into ssl.truststore.location";
    return {ErrorKind::kInvalidArgument, std::move(message)};
  }
  const int number = ERR_GET_REASON(code);
  const bool trouble_of_trust = number > SSL_AD_REASON_OFFSET || number == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
  return {trouble_of_trust ? ErrorKind::kInvalidArgument : ErrorKind::kCorrupt,
          fmt::format("TLS: {}{}", reason == nullptr ? "broken off" : reason, advice_on(number, of_server))};
}

Result<bool> TlsSession::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(inside_->ssl);
  if (result == 1) return true;
  const int kind = SSL_get_error(inside_->ssl, result);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return false;
  return failure(result);
}

Result<std::size_t> TlsSession::read(std::span<char> to) {
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_read_ex(inside_->ssl, to.data(), to.size(), &got);
  if (result == 1) return got;
  const int kind = SSL_get_error(inside_->ssl, result);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return std::size_t{0};
  return failure(result);
}

Status TlsSession::write(const BufChain& bytes) {
  ERR_clear_error();
  const auto encrypt = [&](BytesView part) -> Status {
    std::size_t wrote = 0;
    const int result = SSL_write_ex(inside_->ssl, part.data(), part.size(), &wrote);
    if (result == 1 && wrote == part.size()) return {};
    return failure(result);
  };
  // Each record costs a header and a code: small slices share one.
  Bytes small;
  for (const Buf& slice : bytes.slices()) {
    if (small.size() + slice.size() > kRecordBytes && !small.empty()) {
      LEAT_RETURN_IF_ERROR(encrypt(small));
      small.clear();
    }
    if (slice.size() < kRecordBytes) {
      small += slice.view();
    } else {
      LEAT_RETURN_IF_ERROR(encrypt(slice.view()));
    }
  }
  return small.empty() ? Status() : encrypt(small);
}

void TlsSession::end() {
  ERR_clear_error();
  if (SSL_in_init(inside_->ssl) == 0) SSL_shutdown(inside_->ssl);
  ERR_clear_error();
}

std::string TlsSession::peer_name() const {
  X509* certificate = SSL_get0_peer_certificate(inside_->ssl);
  return certificate == nullptr ? "" : text_of(X509_get_subject_name(certificate));
}

}  // namespace leat
