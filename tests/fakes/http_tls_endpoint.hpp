#pragma once
// TlsEndpoint: an https endpoint on loopback with a certificate of its own making, for a name, from and until given
// days; it answers 200 to every request, or does what its script says. Any thread.

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "tests/fakes/certificate.hpp"
#include "tests/fakes/http_endpoint.hpp"

namespace certes::fakes {

class TlsEndpoint {
 public:
  using Script = std::function<void(SSL* ssl)>;  // from the end of the handshake
  // `subject_name`: as subjectAltName, like "IP:127.0.0.1". `days`: until it expires; negative: since when.
  // `clients`: who must have signed the certificate that a client shows; null: none is asked for.
  TlsEndpoint(const std::string& subject_name, long days, Script script = {}, bool http2 = false,
              const Certificate* clients = nullptr)
      : script_(std::move(script)),
        certificate_(subject_name, days),
        context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    certificate_.use(context_.get());
    if (clients) {
      clients->trust(context_.get());
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    if (http2) SSL_CTX_set_alpn_select_cb(context_.get(), &TlsEndpoint::agree_on_http2, nullptr);
    endpoint_ = std::make_unique<RawEndpoint>([this](int fd, int) { serve(fd); });
  }

  std::string url() const { return "https://127.0.0.1:" + std::to_string(endpoint_->port()) + "/"; }
  int requests() const { return requests_; }
  std::string pem() const { return certificate_.pem(); }
  bool write_certificate(const std::string& path) const { return certificate_.write_certificate(path); }

 private:
  static int agree_on_http2(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                            unsigned offered_size, void*) {
    static constexpr unsigned char kHttp2[] = {2, 'h', '2'};
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, size, kHttp2, sizeof kHttp2, offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
      return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
  }

  void serve(int fd) {
    const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(ssl.get(), fd);
    if (SSL_accept(ssl.get()) != 1) return;
    if (script_) return script_(ssl.get());
    char bytes[4096];
    while (SSL_read(ssl.get(), bytes, sizeof bytes) > 0) {  // each request is small enough for one record
      ++requests_;
      constexpr char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
      if (SSL_write(ssl.get(), answer, sizeof answer - 1) <= 0) return;
    }
  }

  const Script script_;
  const Certificate certificate_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::atomic<int> requests_{0};
  std::unique_ptr<RawEndpoint> endpoint_;
};

}  // namespace certes::fakes
