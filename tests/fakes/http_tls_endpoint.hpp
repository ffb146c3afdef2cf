#pragma once
// TlsEndpoint: an https endpoint on loopback with a certificate of its own making, for a name, from and until given
// days; it answers 200 to every request. Any thread.

#include <openssl/ssl.h>

#include <atomic>
#include <memory>
#include <string>

#include "tests/fakes/certificate.hpp"
#include "tests/fakes/http_endpoint.hpp"

namespace certes::fakes {

class TlsEndpoint {
 public:
  // `subject_name`: as subjectAltName, like "IP:127.0.0.1". `days`: until it expires; negative: since when.
  TlsEndpoint(const std::string& subject_name, long days)
      : certificate_(subject_name, days), context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    certificate_.use(context_.get());
    endpoint_ = std::make_unique<RawEndpoint>([this](int fd, int) { serve(fd); });
  }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(endpoint_->port()) + "/"; }
  int requests() const { return requests_; }
  bool write_certificate(const std::string& path) const { return certificate_.write_certificate(path); }

 private:
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

  const Certificate certificate_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::atomic<int> requests_{0};
  std::unique_ptr<RawEndpoint> endpoint_;
};

}  // namespace certes::fakes
