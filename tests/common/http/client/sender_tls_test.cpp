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
