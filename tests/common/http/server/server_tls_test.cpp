// TLS on a listener, with OpenSSL's own client.

#include <fstream>

#include "tests/common/http/server/server_fixture.hpp"
#include "tests/fakes/temporary_directory.hpp"
#include "tests/fakes/tls_client.hpp"

using namespace certes;
using namespace certes::http;
using fakes::Certificate;
using fakes::TlsClient;
using fakes::TlsWishes;

namespace {

// The files of a listener, and who signs its clients.
struct Files {
  Files() { write(server); }
  void write(const Certificate& certificate) const {
    REQUIRE(certificate.write_key(files.key_file));
    REQUIRE(certificate.write_certificate(files.cert_file));
  }
  ServerOptions options() const {
    ServerOptions options;
    options.tls = files;
    return options;
  }

  test::TemporaryDirectory directory;
  Certificate server, authority;
  TlsFiles files{directory.path() + "/cert.pem", directory.path() + "/key.pem", "", "gateway."};
};

}  // namespace

TEST_CASE("Server over TLS: answers TLS 1.2 and 1.3, request after request") {
  const Files files;
  TestServer test(files.options());
  test.start();
  CHECK(test.server.scheme() == "https");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(test.server.port(), {.version = version});
    REQUIRE(client.secure());
    CHECK(client.protocol() == "http/1.1");
    CHECK(client.serial() == files.server.serial());
    for (int i = 0; i < 3; ++i) {
      client.send(get("/hello"));
      CHECK(client.answer().body == "hello");
    }
  }
  CHECK(test.server.stats().handshakes == 2);
}

TEST_CASE("Server over TLS: large bodies, many requests at once and trickled bytes pass unharmed") {
  const Files files;
  TestServer test(files.options());
  test.start();
  std::string body(1u << 20, 'a');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  TlsClient client(test.server.port());
  client.send(post("/echo", body));
  CHECK(client.answer().body == body);
  std::string many;
  for (int i = 0; i < 500; ++i) many += post("/echo", std::to_string(i));
  client.send(many);
  for (int i = 0; i < 500; ++i) REQUIRE(client.answer().body == std::to_string(i));
  for (const char c : post("/echo", "slowly")) client.send({&c, 1});
  CHECK(client.answer().body == "slowly");
}

TEST_CASE("Server over TLS: older versions, and clients that speak no http/1.1, are refused") {
  const Files files;
  TestServer test(files.options());
  test.start();
  CHECK_FALSE(TlsClient(test.server.port(), {.version = TLS1_1_VERSION}).secure());
  CHECK_FALSE(TlsClient(test.server.port(), {.protocols = "\x02h2"}).secure());
  TlsClient both(test.server.port(), {.protocols = "\x02h2\x08http/1.1"});
  CHECK(both.protocol() == "http/1.1");
  TlsClient none(test.server.port(), {.protocols = ""});
  none.send(get("/hello"));
  CHECK(none.answer().status == 200);
  CHECK(eventually([&] { return test.server.stats().failed_handshakes == 2; }));
}

TEST_CASE("Server over TLS: a client that speaks in the clear is told so, and nothing it sent is a request") {
  const Files files;
  TestServer test(files.options());
  test.start();
  RawClient client = test.client();
  client.send(get("/hello"));
  const Answer answer = client.answer();
  CHECK(answer.status == 400);
  CHECK(answer.body.find("tls-required") != std::string::npos);
  RawClient noise = test.client();
  noise.send("\x01\x02\x03 this is neither TLS nor HTTP");
  CHECK(noise.answer().status == 0);
  CHECK(eventually([&] { return test.server.stats().failed_handshakes == 2; }));
  CHECK(test.server.stats().requests == 0);
}

TEST_CASE("Server over TLS: a handshake that does not end is given up") {
  const Files files;
  ServerOptions options = files.options();
  options.header_timeout = Millis(50);
  TestServer test(options);
  test.start();
  RawClient silent = test.client();
  CHECK(silent.closed());
  RawClient half = test.client();
  half.send(std::string("\x16\x03\x01\x02\x00\x01", 6));  // the beginning of a ClientHello
  CHECK(half.closed());
  CHECK(test.server.stats().timeouts == 2);
}

TEST_CASE("Server over TLS: where clients need a certificate, only one of the right authority will do") {
  const Files files;
  REQUIRE(files.authority.write_certificate(files.directory.path() + "/ca.pem"));
  ServerOptions options = files.options();
  options.tls.client_ca_file = files.directory.path() + "/ca.pem";
  TestServer test(options);
  test.start();
  const Certificate good("DNS:client", 30, &files.authority);
  const Certificate expired("DNS:client", -1, &files.authority);
  const Certificate foreign("DNS:client", 30, &files.server);
  const auto served = [&](const Certificate* certificate) {
    TlsClient client(test.server.port(), {.certificate = certificate});
    return client.send(get("/hello")) && client.answer().status == 200;
  };
  CHECK(served(&good));
  CHECK_FALSE(served(nullptr));
  CHECK_FALSE(served(&expired));
  CHECK_FALSE(served(&foreign));
  CHECK(test.server.stats().requests == 1);
}

TEST_CASE("Server over TLS: a new certificate is for new connections; those that are open go on") {
  const Files files;
  TestServer test(files.options());
  test.start();
  TlsClient before(test.server.port());
  before.send(get("/hello"));
  REQUIRE(before.answer().status == 200);
  CHECK_FALSE(test.server.reload_certificate(false).value());  // nothing has changed
  CHECK(test.server.reload_certificate(true).value());

  const Certificate next("IP:127.0.0.1", 60);
  files.write(next);
  CHECK(test.server.reload_certificate(false).value());
  CHECK_FALSE(test.server.reload_certificate(false).value());
  CHECK(test.server.certificate_expires_at() > 0);
  const TlsClient after(test.server.port());
  CHECK(after.serial() == next.serial());
  before.send(get("/hello"));
  CHECK(before.answer().status == 200);
  CHECK(before.serial() == files.server.serial());
}

TEST_CASE("Server over TLS: a bad certificate is told once, and the old one stays") {
  const Files files;
  TestServer test(files.options());
  test.start();
  std::ofstream(files.files.cert_file) << "nonsense";
  const auto failed = test.server.reload_certificate(false);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message.find(files.files.cert_file) != std::string::npos);
  CHECK(failed.error().pointer == "gateway.tls_cert_file");
  CHECK_FALSE(test.server.reload_certificate(false).value());
  CHECK(TlsClient(test.server.port()).serial() == files.server.serial());
  const Certificate next;
  REQUIRE(next.write_certificate(files.files.cert_file));  // its key has not come yet
  CHECK_FALSE(test.server.reload_certificate(false));
  CHECK(TlsClient(test.server.port()).serial() == files.server.serial());
  REQUIRE(next.write_key(files.files.key_file));
  CHECK(test.server.reload_certificate(false).value());
  CHECK(TlsClient(test.server.port()).serial() == next.serial());
}

TEST_CASE("Server over TLS: files that cannot be used keep it from starting, by the setting's name") {
  const Files files;
  const auto pointer = [&](const TlsFiles& tls) {
    ServerOptions options;
    options.tls = tls;
    Server server(options);
    const auto started = server.start();
    return started ? std::string() : started.error().pointer;
  };
  const std::string nowhere = files.directory.path() + "/nowhere";
  TlsFiles tls = files.files;
  tls.cert_file = nowhere;
  CHECK(pointer(tls) == "gateway.tls_cert_file");
  tls = files.files;
  tls.key_file = nowhere;
  CHECK(pointer(tls) == "gateway.tls_key_file");
  REQUIRE(files.authority.write_key(nowhere));  // another certificate's
  CHECK(pointer(tls) == "gateway.tls_key_file");
  tls = files.files;
  tls.client_ca_file = files.directory.path();
  CHECK(pointer(tls) == "gateway.tls_client_ca_file");
}

TEST_CASE("Server over TLS: a client that does not read is let go, and others are served meanwhile") {
  const Files files;
  ServerOptions options = files.options();
  options.write_timeout = Millis(100);
  TestServer test(options);
  test.server.direct("GET", "/large", [](Loop&) {
    return [](const Request&, Exchange exchange) { exchange.respond(text(std::string(8u << 20, 'x'))); };
  });
  test.start();
  TlsClient slow(test.server.port(), {.receive_buffer = 4096});
  slow.send(get("/large") + get("/large"));
  TlsClient other(test.server.port());
  other.send(get("/hello"));
  CHECK(other.answer().body == "hello");
  CHECK(eventually([&] { return test.server.stats().timeouts == 1; }));
}

TEST_CASE("Server over TLS: an answer larger than any buffer arrives whole") {
  const Files files;
  TestServer test(files.options());
  test.server.direct("GET", "/large", [](Loop&) {
    return [](const Request&, Exchange exchange) { exchange.respond(text(std::string(8u << 20, 'x'))); };
  });
  test.start();
  TlsClient patient(test.server.port(), {.receive_buffer = 4096});
  patient.send(get("/large"));
  CHECK(patient.answer().body.size() == 8u << 20);
}

TEST_CASE("Server over TLS: a client that has said it sends no more gets its answers, and the end is said") {
  const Files files;
  TestServer test(files.options());
  test.start();
  TlsClient client(test.server.port());
  client.send(get("/hello") + post("/echo", "x"));
  client.end_sending();
  CHECK(client.answer().body == "hello");
  CHECK(client.answer().body == "x");
  CHECK(client.closed());
}

TEST_CASE("Server over TLS: refusals and stopping are as they are in the clear") {
  const Files files;
  TestServer test(files.options());
  test.start();
  TlsClient bad(test.server.port());
  bad.send("GET / HTTP/1.1\n\n" + get("/hello"));
  CHECK(bad.answer().status == 400);
  CHECK(bad.closed());
  TlsClient idle(test.server.port());
  idle.send(get("/hello"));
  CHECK(idle.answer().status == 200);
  test.server.stop(Millis(1'000));
  CHECK(idle.closed());
}
