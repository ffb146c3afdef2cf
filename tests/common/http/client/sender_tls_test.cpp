#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "tests/common/http/client/sender_fixture.hpp"
#include "tests/fakes/http_tls_endpoint.hpp"

using namespace certes;
using namespace certes::http;
using fakes::TlsEndpoint;

namespace {

struct CaFile {
  explicit CaFile(const TlsEndpoint& endpoint) {
    const int fd = ::mkstemp(path.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    REQUIRE(endpoint.write_certificate(path));
  }
  ~CaFile() { std::filesystem::remove(path); }
  std::string path = (std::filesystem::temp_directory_path() / "certes-ca-XXXXXX").string();
};

TransferResult send_to(const TlsEndpoint& endpoint, bool trusted) {
  const CaFile ca(endpoint);
  SenderOptions options;
  if (trusted) options.ca_file = ca.path;
  TestSender test(options);
  return test.one(endpoint.url());
}

}  // namespace

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
