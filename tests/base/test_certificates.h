// An authority that signs certificates for tests: made in a millisecond, valid from 2001 to 2096 unless said otherwise.
#pragma once

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/bytes.h"

namespace leat {

class TestAuthority {
 public:
  struct Issued {
    std::string certificate;
    std::string key;
    /// As ssl.keystore.location wants it.
    std::string pem() const { return key + certificate; }
  };
  static constexpr std::int64_t k2001 = 978'307'200;
  static constexpr std::int64_t k2096 = 3'976'214'400;

  explicit TestAuthority(const std::string& common_name = "test authority")
      : key_(EVP_EC_gen("P-256")), certificate_(make(common_name, "", k2096, key_, nullptr, key_)) {}
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;
  ~TestAuthority() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }

  std::string certificate() const { return pem_of(certificate_); }
  /// `hosts` as OpenSSL writes them: "DNS:broker,IP:127.0.0.1"; empty for clients.
  Issued issue(const std::string& common_name, const std::string& hosts = "", std::int64_t until_s = k2096) const {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = make(common_name, hosts, until_s, key, certificate_, key_);
    Issued issued{pem_of(certificate), pem_of(key)};
    X509_free(certificate);
    EVP_PKEY_free(key);
    return issued;
  }
  /// Key, certificate and the authority's own in one PKCS#12 file, as keytool makes it.
  static Bytes pkcs12(const Issued& issued, const TestAuthority& authority, const std::string& password) {
    BIO* key_text = BIO_new_mem_buf(issued.key.data(), -1);
    BIO* certificate_text = BIO_new_mem_buf(issued.certificate.data(), -1);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(key_text, nullptr, nullptr, nullptr);
    X509* certificate = PEM_read_bio_X509(certificate_text, nullptr, nullptr, nullptr);
    STACK_OF(X509)* chain = sk_X509_new_null();
    sk_X509_push(chain, authority.certificate_);
    PKCS12* file = PKCS12_create(password.c_str(), "broker", key, certificate, chain, 0, 0, 0, 0, 0);
    BIO* to = BIO_new(BIO_s_mem());
    i2d_PKCS12_bio(to, file);
    Bytes bytes = text_of(to);
    PKCS12_free(file);
    sk_X509_free(chain);
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(certificate_text);
    BIO_free(key_text);
    return bytes;
  }

 private:
  static std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
  }
  static std::string pem_of(X509* certificate) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    return text_of(bio);
  }
  static std::string pem_of(EVP_PKEY* key) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(bio);
  }
  static void extend(X509* certificate, int what, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  static X509* make(const std::string& common_name, const std::string& hosts, std::int64_t until_s, EVP_PKEY* key,
                    X509* issuer, EVP_PKEY* issuer_key) {
    static long number = 0;
    X509* made = X509_new();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++number);
    ASN1_TIME_set(X509_getm_notBefore(made), k2001);
    ASN1_TIME_set(X509_getm_notAfter(made), until_s);
    X509_NAME* subject = X509_get_subject_name(made);
    const auto add = [&](const char* field, const std::string& value) {
      X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                 static_cast<int>(value.size()), -1, 0);
    };
    add("O", "leat");
    add("CN", common_name);
    X509_set_issuer_name(made, issuer == nullptr ? subject : X509_get_subject_name(issuer));
    X509_set_pubkey(made, key);
    if (issuer == nullptr) extend(made, NID_basic_constraints, "critical,CA:TRUE");
    if (!hosts.empty()) extend(made, NID_subject_alt_name, hosts);
    X509_sign(made, issuer_key, EVP_sha256());
    return made;
  }

  EVP_PKEY* key_;
  X509* certificate_;
};

}  // namespace leat
