#pragma once
// Certificate: a key and a certificate of the test's own making, signed by itself or by another. One thread.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

namespace certes::fakes {

class Certificate {
 public:
  // `subject_name`: as subjectAltName, like "IP:127.0.0.1". `days`: until it expires; negative: since when.
  explicit Certificate(const std::string& subject_name = "IP:127.0.0.1", long days = 30,
                       const Certificate* issuer = nullptr)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), x509_(X509_new(), X509_free) {
    X509* x = x509_.get();
    constexpr long day = 86'400;
    static long serial = 0;
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -10 * day);
    X509_gmtime_adj(X509_getm_notAfter(x), days * day);
    X509_set_pubkey(x, key_.get());
    X509_NAME* name = X509_get_subject_name(x);
    const std::string common = issuer ? "certes client" : "certes test";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer->x509_.get()) : name);
    add(NID_subject_alt_name, subject_name);
    if (!issuer) add(NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(x, issuer ? issuer->key_.get() : key_.get(), EVP_sha256());
  }

  void use(SSL_CTX* context) const {
    SSL_CTX_use_certificate(context, x509_.get());
    SSL_CTX_use_PrivateKey(context, key_.get());
  }
  void trust(SSL_CTX* context) const { X509_STORE_add_cert(SSL_CTX_get_cert_store(context), x509_.get()); }
  std::string pem() const {
    return text([&](BIO* bio) { return PEM_write_bio_X509(bio, x509_.get()); });
  }
  std::string key_pem() const {
    return text(
        [&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  std::string encrypted_key_pem(const char* password) const {
    return text([&](BIO* bio) {
      return PEM_write_bio_PKCS8PrivateKey(bio, key_.get(), EVP_aes_256_cbc(), nullptr, 0, nullptr,
                                           const_cast<char*>(password));
    });
  }
  long serial() const { return ASN1_INTEGER_get(X509_get_serialNumber(x509_.get())); }

  bool write_certificate(const std::string& path) const {
    return write(path, [&](FILE* file) { return PEM_write_X509(file, x509_.get()); });
  }
  bool write_key(const std::string& path) const {
    return write(path, [&](FILE* file) {
      return PEM_write_PrivateKey(file, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

 private:
  void add(int kind, const std::string& value) const {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    X509_add_ext(x509_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  template <class Write>
  static std::string text(Write put) {
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
    put(bio.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }
  // The file appears whole: it is written beside its place first.
  template <class Write>
  static bool write(const std::string& path, Write put) {
    const std::string beside = path + ".new";
    FILE* file = std::fopen(beside.c_str(), "w");
    if (!file) return false;
    const bool written = put(file) == 1;
    return std::fclose(file) == 0 && written && std::rename(beside.c_str(), path.c_str()) == 0;
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
  std::unique_ptr<X509, void (*)(X509*)> x509_;
};

}  // namespace certes::fakes
