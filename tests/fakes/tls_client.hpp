#pragma once
// TlsClient: a RawClient over TLS. It looks at no certificate: what the server shows is the test's to compare. One
// thread.

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include "tests/fakes/certificate.hpp"
#include "tests/fakes/http_client.hpp"

namespace certes::fakes {

struct TlsWishes {
  int version = TLS1_3_VERSION;
  std::string protocols = "\x08http/1.1";  // ALPN; empty: none offered
  const Certificate* certificate = nullptr;
  int receive_buffer = 0;
};

class TlsClient : public RawClient {
 public:
  explicit TlsClient(std::uint16_t port, const TlsWishes& wishes = {})
      : RawClient(port, wishes.receive_buffer), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    std::signal(SIGPIPE, SIG_IGN);                  // OpenSSL's own sockets raise it
    SSL_CTX_set_security_level(context_.get(), 0);  // old versions are for the server to refuse
    SSL_CTX_set_min_proto_version(context_.get(), wishes.version);
    SSL_CTX_set_max_proto_version(context_.get(), wishes.version);
    if (wishes.certificate) wishes.certificate->use(context_.get());
    ssl_ = {SSL_new(context_.get()), SSL_free};
    const auto* protocols = reinterpret_cast<const unsigned char*>(wishes.protocols.data());
    SSL_set_alpn_protos(ssl_.get(), protocols, static_cast<unsigned>(wishes.protocols.size()));
    SSL_set_fd(ssl_.get(), fd());
    secure_ = SSL_connect(ssl_.get()) == 1;
  }

  // The handshake was done, as far as the client can tell: a server that refuses its certificate says so later.
  bool secure() const { return secure_; }
  std::string protocol() const {
    const unsigned char* text = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &text, &size);
    return {reinterpret_cast<const char*>(text), size};
  }
  // Of the server's certificate.
  long serial() const {
    X509* x509 = SSL_get1_peer_certificate(ssl_.get());
    if (!x509) return 0;
    const long serial = ASN1_INTEGER_get(X509_get_serialNumber(x509));
    X509_free(x509);
    return serial;
  }
  // close_notify: the client will send no more, and still reads.
  void end_sending() const { SSL_shutdown(ssl_.get()); }

 protected:
  ssize_t put(std::string_view bytes) const override {
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  ssize_t receive(char* to, std::size_t room) override { return SSL_read(ssl_.get(), to, static_cast<int>(room)); }

 private:
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
  bool secure_ = false;
};

}  // namespace certes::fakes
