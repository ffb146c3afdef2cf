// Clients that begin and do not end: what they hold together is bound, and who has not moved for longest gives way.

#include <atomic>
#include <optional>

#include "tests/common/http/server/server_fixture.hpp"
#include "tests/fakes/temporary_directory.hpp"
#include "tests/fakes/tls_client.hpp"

using namespace certes;
using namespace certes::http;

namespace {

constexpr std::size_t kLimit = 1u << 20;

ServerOptions bounded(int loops = 1) {
  ServerOptions options;
  options.loops = loops;
  options.max_unfinished_bytes = kLimit;
  return options;
}

std::string begun(std::size_t sent, std::size_t length = 900'000) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" +
         std::string(sent, 'x');
}

// Begins, and waits until the server has it.
RawClient begin(TestServer& test, const std::string& bytes) {
  const auto before = test.server.stats();
  RawClient client = test.client();
  client.send(bytes);
  CHECK(eventually([&] {
    const auto now = test.server.stats();
    return now.unfinished_bytes >= before.unfinished_bytes + bytes.size() ||
           now.refused_connections > before.refused_connections;
  }));
  return client;
}

void check_served(TestServer& test) {
  RawClient client = test.client();
  client.send(get("/hello") + post("/echo", std::string(200'000, 'y')));
  CHECK(client.answer().body == "hello");
  CHECK(client.answer().body.size() == 200'000);
}

}  // namespace

TEST_CASE("Server: silent clients hold no more than the limit together, and others are served meanwhile") {
  for (const int loops : {1, 3}) {
    CAPTURE(loops);
    TestServer test(bounded(loops));
    test.start();
    std::vector<RawClient> silent;
    for (int i = 0; i < 100; ++i) {
      silent.push_back(begin(test, begun(100'000)));
      REQUIRE(test.server.stats().unfinished_bytes <= kLimit + kLimit / 4);
    }
    check_served(test);
    REQUIRE(eventually([&] { return test.server.stats().unfinished_bytes <= kLimit; }));
    CHECK(test.server.stats().refused_connections >= 90);
    silent.clear();
    CHECK(eventually([&] { return test.server.stats().unfinished_bytes == 0; }));
  }
}

TEST_CASE("Server: who has not moved for longest is told 503 and closed; who moves is not") {
  TestServer test(bounded());
  test.start();
  RawClient moves = begin(test, begun(200'000, 200'001));
  RawClient silent = begin(test, begun(300'000, 300'001));
  moves.send("x" + begun(200'000, 400'000));
  CHECK(moves.answer().body.size() == 200'001);
  const RawClient last = begin(test, begun(500'000, 500'001));
  const Answer answer = silent.answer();
  CHECK(answer.status == 503);
  CHECK(answer.has("Retry-After: 1\r\n"));
  CHECK(answer.has("Connection: close\r\n"));
  CHECK(answer.body.find("problems/overloaded") != std::string::npos);
  CHECK(silent.closed());
  moves.send(std::string(200'000, 'x'));
  CHECK(moves.answer().body.size() == 400'000);
}

TEST_CASE("Server: headers that do not end count") {
  ServerOptions options = bounded();
  options.max_unfinished_bytes = 400'000;
  TestServer test(options);
  test.start();
  std::vector<RawClient> silent;
  for (int i = 0; i < 30; ++i)
    silent.push_back(begin(test, "GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'y')));
  CHECK(eventually([&] { return test.server.stats().unfinished_bytes <= 400'000; }));
  CHECK(silent.front().answer().status == 503);
  check_served(test);
}

TEST_CASE("Server: what stands behind a request that waits for its answer gives way, and the request is answered") {
  TestServer test(bounded());
  std::optional<Exchange> held;
  std::atomic<bool> holds{false};
  Loop* loop = nullptr;
  test.server.direct("GET", "/held", [&](Loop& its) {
    loop = &its;
    return [&](const Request&, Exchange exchange) {
      held.emplace(std::move(exchange));
      holds = true;
    };
  });
  test.start();
  // It takes what came in one read, and what is behind it in that.
  RawClient waits = test.client();
  waits.send(get("/held") + get("/hello") + begun(20'000));
  REQUIRE(eventually([&] { return holds.load(); }));
  const RawClient first = begin(test, begun(500'000));
  const RawClient second = begin(test, begun(500'000));
  const RawClient third = begin(test, begun(500'000));
  loop->post([&] { held->respond(text("at last")); });
  const Answer answer = waits.answer();
  CHECK(answer.body == "at last");
  CHECK(answer.has("Connection: close\r\n"));
  CHECK(waits.closed());
}

TEST_CASE("Server: answers that are not taken count, and who does not take them gives way") {
  TestServer test(bounded());
  test.server.direct("GET", "/large", [](Loop&) {
    return [](const Request&, Exchange exchange) { exchange.respond(text(std::string(16u << 20, 'x'))); };
  });
  test.start();
  RawClient slow(test.server.port(), 4'096);
  slow.send(get("/large"));
  CHECK(eventually([&] { return test.server.stats().refused_connections == 1; }));
  CHECK(eventually([&] { return test.server.stats().open_connections == 0; }));
  check_served(test);
}

TEST_CASE("Server: small answers without end that are not taken are bound") {
  TestServer test(bounded(2));
  test.start();
  std::vector<RawClient> slow;
  std::string many;
  for (int i = 0; i < 200; ++i) many += get("/hello");
  for (int i = 0; i < 10; ++i) {
    slow.emplace_back(test.server.port(), 4'096);
    const timeval soon{0, 200'000};
    ::setsockopt(slow.back().fd(), SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
    while (slow.back().send(many)) {
    }
    CHECK(test.server.stats().unfinished_bytes <= kLimit + kLimit / 4);
  }
  check_served(test);
}

TEST_CASE("Server over TLS: handshakes and records that do not end count") {
  const test::TemporaryDirectory directory;
  const fakes::Certificate certificate;
  ServerOptions options = bounded();
  options.tls = {directory.path() + "/cert.pem", directory.path() + "/key.pem", "", "gateway."};
  REQUIRE(certificate.write_key(options.tls.key_file));
  REQUIRE(certificate.write_certificate(options.tls.cert_file));
  TestServer test(options);
  test.start();
  std::vector<RawClient> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(test.client());
  REQUIRE(eventually([&] { return test.server.stats().accepted == 100; }));
  CHECK(eventually([&] { return test.server.stats().open_connections < 100; }));
  CHECK(eventually([&] { return test.server.stats().unfinished_bytes <= kLimit; }));
  fakes::TlsClient client(test.server.port());
  REQUIRE(client.secure());
  client.send(get("/hello"));
  CHECK(client.answer().body == "hello");
}
