#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "tests/common/http/client/sender_fixture.hpp"
#include "tests/fakes/http_tls_endpoint.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::http;
using fakes::TlsEndpoint;

namespace {

struct CaFile {
  explicit CaFile(const TlsEndpoint& endpoint) { REQUIRE(endpoint.write_certificate(path)); }
  test::TemporaryDirectory directory;
  std::string path = directory.file("ca.pem");
};

TransferResult send_to(const TlsEndpoint& endpoint, bool trusted) {
  const CaFile ca(endpoint);
  SenderOptions options;
  if (trusted) options.ca_file = ca.path;
  TestSender test(options);
  return test.one(endpoint.url());
}

// One request of HTTP/2, answered 200.
void answer_http2(SSL* ssl) {
  using namespace std::string_view_literals;
  constexpr std::size_t kPreface = 24, kFrame = 9;
  const auto write = [ssl](std::string_view frame) { SSL_write(ssl, frame.data(), static_cast<int>(frame.size())); };
  write("\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0"sv);  // settings, and theirs acknowledged
  std::string seen;
  char bytes[4096];
  for (std::size_t at = kPreface;;) {
    const int n = SSL_read(ssl, bytes, sizeof bytes);
    if (n <= 0) return;
    seen.append(bytes, static_cast<std::size_t>(n));
    while (seen.size() >= at + kFrame) {
      const bool of_request = seen[at + 3] == 0 || seen[at + 3] == 1;  // DATA, HEADERS
      if (of_request && (seen[at + 4] & 1) != 0) write("\0\0\1\1\5\0\0\0\1\x88"sv);
      at += kFrame + static_cast<unsigned char>(seen[at + 1]) * 256u + static_cast<unsigned char>(seen[at + 2]);
    }
  }
}

// Answers every request with what it knows of who sends it: the serial number of its certificate (0: none), the name
// that was asked for in the handshake, the header Host, and which connection it came on.
TlsEndpoint::Script telling(std::atomic<int>& connections) {
  return [&connections](SSL* ssl) {
    const int connection = ++connections;
    const std::unique_ptr<X509, void (*)(X509*)> shown(SSL_get1_peer_certificate(ssl), X509_free);
    const long serial = shown ? ASN1_INTEGER_get(X509_get_serialNumber(shown.get())) : 0;
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    char bytes[4096];
    for (int n = 0; (n = SSL_read(ssl, bytes, sizeof bytes)) > 0;) {
      const std::string request(bytes, static_cast<std::size_t>(n));
      const std::size_t host = request.find("Host: ");
      const std::string body = std::to_string(serial) + " " + (name ? name : "-") + " " +
                               request.substr(host + 6, request.find('\r', host) - host - 6) + " " +
                               std::to_string(connection);
      const std::string answer =
          "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
      if (SSL_write(ssl, answer.data(), static_cast<int>(answer.size())) <= 0) return;
    }
  };
}

std::string host_of(const TlsEndpoint& endpoint) { return authority_of(endpoint.url()); }

}  // namespace

TEST_CASE("Sender: an answer of HTTP/2 is one where that was agreed on, and nowhere else") {
  std::signal(SIGPIPE, SIG_IGN);
  constexpr char kClaim[] = "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n";
  fakes::RawEndpoint clear([&](int fd, int) {
    fakes::RawEndpoint::read_request(fd);
    fakes::RawEndpoint::send(fd, kClaim);
  });
  TlsEndpoint sealed("IP:127.0.0.1", 10, [&](SSL* ssl) {
    char bytes[4096];
    if (SSL_read(ssl, bytes, sizeof bytes) > 0) SSL_write(ssl, kClaim, sizeof kClaim - 1);
  });
  for (const TransferResult& result : {TestSender().one(clear.url()), send_to(sealed, true)}) {
    CHECK(result.error == TransferError::reset);
    CHECK(result.status == 0);
    CHECK(result.message == "the answer does not begin with a status line of HTTP");
  }
  TlsEndpoint agreed("IP:127.0.0.1", 10, answer_http2, true);
  const TransferResult answered = send_to(agreed, true);
  CAPTURE(answered.message);
  CHECK(answered.status == 200);
}

TEST_CASE("Sender: https is verified: a trusted certificate passes, others are tls") {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that the client has closed
  TlsEndpoint good("IP:127.0.0.1", 10);
  CHECK(send_to(good, true).status == 200);

  TlsEndpoint self_signed("IP:127.0.0.1", 10), wrong_host("DNS:example.com", 10), expired("IP:127.0.0.1", -1);
  const TransferResult results[] = {send_to(self_signed, false), send_to(wrong_host, true), send_to(expired, true)};
  for (const TransferResult& result : results) {
    CHECK(result.error == TransferError::tls);
    CHECK_FALSE(result.message.empty());
  }
  CHECK(self_signed.requests() + wrong_host.requests() + expired.requests() == 0);
}

TEST_CASE("Sender: https to an endpoint that speaks plain HTTP is tls") {
  fakes::RawEndpoint plain([](int fd, int) { fakes::RawEndpoint::send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
  TestSender test;
  CHECK(test.one("https" + plain.url().substr(4)).error == TransferError::tls);
}

TEST_CASE("Sender: a CA of the request's own stands in place of all others") {
  std::signal(SIGPIPE, SIG_IGN);
  TlsEndpoint one("IP:127.0.0.1", 10), other("IP:127.0.0.1", 10);
  const CaFile ca(one);
  SenderOptions options;
  options.ca_file = ca.path;
  TestSender test(options);
  const TransferTls own{other.pem(), "", "", ""};
  CHECK(test.one(other.url()).error == TransferError::tls);
  CHECK(test.one(other.url(), own).status == 200);
  CHECK(test.one(one.url()).status == 200);
  CHECK(test.one(one.url(), own).error ==
        TransferError::tls);                 // though that of all is good for it, and it is connected
  CHECK(test.one(one.url()).status == 200);  // the same handle, as it was before
  CHECK(test.one(other.url()).error == TransferError::tls);
}

TEST_CASE("Sender: a client's certificate is shown where it is asked for, on connections of its own") {
  std::signal(SIGPIPE, SIG_IGN);
  std::atomic<int> connections{0};
  const fakes::Certificate authority, first("DNS:first", 10, &authority), second("DNS:second", 10, &authority),
      stranger("DNS:first", 10);
  TlsEndpoint endpoint("IP:127.0.0.1", 10, telling(connections), false, &authority);
  TestSender test;
  const auto with = [&](const fakes::Certificate& one) {
    return TransferTls{endpoint.pem(), one.pem(), one.key_pem(), ""};
  };
  const auto told = [&](const fakes::Certificate& one, int connection) {
    return std::to_string(one.serial()) + " - " + host_of(endpoint) + " " + std::to_string(connection);
  };
  for (int i = 0; i < 2; ++i) {
    CHECK(test.one(endpoint.url(), with(first)).body == told(first, 1));
    CHECK(test.one(endpoint.url(), with(second)).body == told(second, 2));
  }
  CHECK(test.one(endpoint.url(), TransferTls{endpoint.pem(), "", "", ""}).status == 0);
  CHECK(test.one(endpoint.url(), with(stranger)).status == 0);
  CHECK(connections == 2);
}

TEST_CASE("Sender: the name that a certificate is for may be another than the host's") {
  std::signal(SIGPIPE, SIG_IGN);
  std::atomic<int> connections{0};
  TlsEndpoint endpoint("DNS:inside.example", 10, telling(connections));
  TestSender test;
  const auto as = [&](const std::string& name) { return test.one(endpoint.url(), {endpoint.pem(), "", "", name}); };
  CHECK(as("inside.example").body == "0 inside.example " + host_of(endpoint) + " 1");
  CHECK(as("").error == TransferError::tls);
  CHECK(as("outside.example").error == TransferError::tls);
  CHECK(as("inside.example").body == "0 inside.example " + host_of(endpoint) + " 1");
}

TEST_CASE("Sender: what goes by another name goes where its host is, and nowhere else") {
  std::signal(SIGPIPE, SIG_IGN);
  std::atomic<int> connections{0};
  TlsEndpoint endpoint("DNS:inside.example", 10, telling(connections));
  SenderOptions options;
  std::atomic<int> asked{0};
  options.resolver.look_up = [&asked](const std::string& host) {
    asked += host == "receiver.example" ? 1 : 100;
    return Resolution{Resolution::Kind::found, {"127.0.0.1"}, {}};
  };
  TestSender test(options);
  const std::string url = with_host(endpoint.url(), "receiver.example");
  const auto result = test.one(url, {endpoint.pem(), "", "", "inside.example"});
  CHECK_MESSAGE(result.body == "0 inside.example " + authority_of(url) + " 1", result.message);
  CHECK(asked == 1);
}
