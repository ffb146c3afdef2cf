#pragma once
// TlsEndpoint: an https endpoint on loopback with a certificate of its own making, for a name, from and until given
// days; it answers 200 to every request. Any thread.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>

#include "tests/fakes/http_endpoint.hpp"

namespace certes::fakes {

class TlsEndpoint {
 public:
  // `subject_name`: as subjectAltName, like "IP:127.0.0.1". `days`: until it expires; negative: since when.
  TlsEndpoint(const std::string& subject_name, long days)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free),
        certificate_(X509_new(), X509_free),
        context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    make_certificate(subject_name, days);
    SSL_CTX_use_certificate(context_.get(), certificate_.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());
    endpoint_ = std::make_unique<RawEndpoint>([this](int fd, int) { serve(fd); });
  }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(endpoint_->port()) + "/"; }
  int requests() const { return requests_; }
  bool write_certificate(const std::string& path) const {
    FILE* file = std::fopen(path.c_str(), "w");
    if (!file) return false;
    const bool written = PEM_write_X509(file, certificate_.get()) == 1;
    return std::fclose(file) == 0 && written;
  }

 private:
  void make_certificate(const std::string& subject_name, long days) {
    X509* x = certificate_.get();
    constexpr long day = 86'400;
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -10 * day);
    X509_gmtime_adj(X509_getm_notAfter(x), days * day);
    X509_set_pubkey(x, key_.get());
    X509_NAME* name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("certes test"), -1, -1,
                               0);
    X509_set_issuer_name(x, name);
    X509_EXTENSION* alt = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject_name.c_str());
    X509_add_ext(x, alt, -1);
    X509_EXTENSION_free(alt);
    X509_sign(x, key_.get(), EVP_sha256());
  }

  void serve(int fd) {
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(ssl.get(), fd);
    if (SSL_accept(ssl.get()) != 1) return;
    char bytes[4096];
    while (SSL_read(ssl.get(), bytes, sizeof bytes) > 0) {  // each request is small enough for one record
      ++requests_;
      constexpr char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
      if (SSL_write(ssl.get(), answer, sizeof answer - 1) <= 0) return;
    }
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
  std::unique_ptr<X509, void (*)(X509*)> certificate_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::atomic<int> requests_{0};
  std::unique_ptr<RawEndpoint> endpoint_;
};

}  // namespace certes::fakes
