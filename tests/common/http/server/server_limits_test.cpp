// Limits of time and number, and clients that leave.

#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>

#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

TEST_CASE("Server: a header that does not end is answered 408") {
  ServerOptions options;
  options.header_timeout = Millis(50);
  TestServer test(options);
  test.start();
  RawClient client = test.client();
  client.send("GET /hello HTTP/1.1\r\nHost:");
  CHECK(client.answer().status == 408);
  CHECK(client.closed());
  CHECK(test.server.stats().timeouts == 1);
}

TEST_CASE("Server: the header's time is from its first byte, however it trickles") {
  ServerOptions options;
  options.header_timeout = Millis(50);
  TestServer test(options);
  test.start();
  RawClient client = test.client();
  client.send("GET /hello HTTP/1.1\r\n");
  while (client.send("X: y\r\n")) {
    char byte = 0;
    if (::recv(client.fd(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0) break;
    if (test.server.stats().bad_requests > 0) break;  // it came faster than the time passed: 431
  }
  const int status = client.answer().status;
  CHECK((status == 408 || status == 431));
}

TEST_CASE("Server: a body that does not end is answered 408") {
  ServerOptions options;
  options.body_timeout = Millis(50);
  TestServer test(options);
  test.start();
  RawClient client = test.client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  CHECK(client.answer().status == 408);
  CHECK(client.closed());
}

TEST_CASE("Server: the body's time is from the end of the header, however it trickles") {
  ServerOptions options;
  options.body_timeout = Millis(50);
  TestServer test(options);
  test.start();
  RawClient client = test.client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  char byte = 0;
  while (client.send("x") && ::recv(client.fd(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0) {
  }
  CHECK(client.answer().status == 408);
}

TEST_CASE("Server: an idle connection is closed without a word") {
  ServerOptions options;
  options.idle_timeout = Millis(50);
  TestServer test(options);
  test.start();
  RawClient fresh = test.client();
  CHECK(fresh.closed());
  RawClient used = test.client();
  used.send(get("/hello"));
  CHECK(used.answer().status == 200);
  CHECK(used.closed());
}

TEST_CASE("Server: a client that does not read is let go, and others are served meanwhile") {
  ServerOptions options;
  options.write_timeout = Millis(100);
  TestServer test(options);
  test.server.direct("GET", "/large", [](Loop&) {
    return [](const Request&, Exchange exchange) { exchange.respond(text(std::string(8u << 20, 'x'))); };
  });
  test.start();
  RawClient slow(test.server.port(), 4096);
  slow.send(get("/large") + get("/large") + get("/large"));
  RawClient other = test.client();
  other.send(get("/hello"));
  CHECK(other.answer().body == "hello");
  CHECK(eventually([&] { return test.server.stats().timeouts == 1; }));
  CHECK(test.server.stats().requests == 2);  // the slow one's second was not begun
}

TEST_CASE("Server: connections above the maximum are told so and closed") {
  ServerOptions options;
  options.max_connections = 2;
  TestServer test(options);
  test.start();
  RawClient first = test.client();
  RawClient second = test.client();
  first.send(get("/hello"));
  second.send(get("/hello"));
  CHECK(first.answer().status == 200);
  CHECK(second.answer().status == 200);
  RawClient third = test.client();
  CHECK(third.answer().status == 503);
  CHECK(third.closed());
  first.close();
  REQUIRE(eventually([&] { return test.server.stats().open_connections < 2; }));
  RawClient fourth = test.client();
  fourth.send(get("/hello"));
  CHECK(fourth.answer().status == 200);
  CHECK(test.server.stats().refused_connections == 1);
}

TEST_CASE("Server: a thousand idle connections do not keep others waiting") {
  ServerOptions options;
  options.loops = 2;
  TestServer test(options);
  test.start();
  std::vector<RawClient> idle;
  for (int i = 0; i < 1'000; ++i) {
    idle.push_back(test.client());
    REQUIRE(idle.back().connected());
  }
  REQUIRE(eventually([&] { return test.server.stats().open_connections == 1'000; }));
  RawClient client = test.client();
  for (int i = 0; i < 100; ++i) {
    client.send(get("/hello"));
    REQUIRE(client.answer().body == "hello");
  }
  for (RawClient& one : idle) one.send(get("/hello"));
  for (RawClient& one : idle) REQUIRE(one.answer().body == "hello");
}

TEST_CASE("Server: out of descriptors, it turns clients away and goes on afterwards") {
  TestServer test;
  test.start();
  RawClient before = test.client();
  before.send(get("/hello"));
  CHECK(before.answer().status == 200);

  rlimit old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  rlimit tight = old;
  tight.rlim_cur = 256;
  ::setrlimit(RLIMIT_NOFILE, &tight);
  std::vector<int> taken;
  for (int fd; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken.push_back(fd);
  REQUIRE_FALSE(taken.empty());
  ::close(taken.back());  // one for the client, none for the server's side of it
  RawClient refused = test.client();
  const Answer answer = refused.answer();
  for (std::size_t i = 0; i + 1 < taken.size(); ++i) ::close(taken[i]);
  ::setrlimit(RLIMIT_NOFILE, &old);
  CHECK(answer.status == 503);
  CHECK(test.server.stats().refused_connections >= 1);
  before.send(get("/hello"));
  CHECK(before.answer().status == 200);
  RawClient after = test.client();
  after.send(get("/hello"));
  CHECK(after.answer().status == 200);
}

TEST_CASE("Server: a client that only half-closes gets its answers") {
  TestServer test;
  test.start();
  RawClient client = test.client();
  client.send(get("/hello") + post("/echo", "x"));
  client.half_close();
  CHECK(client.answer().body == "hello");
  CHECK(client.answer().body == "x");
  CHECK(client.closed());
}

TEST_CASE("Server: half a request and a close is no request") {
  TestServer test;
  test.start();
  RawClient client = test.client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  client.half_close();
  CHECK(client.closed());
  CHECK(test.server.stats().requests == 0);
}

TEST_CASE("Server: clients that reset are forgotten") {
  TestServer test;
  test.start();
  for (int i = 0; i < 50; ++i) {
    RawClient client = test.client();
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    client.reset();
  }
  CHECK(eventually([&] { return test.server.stats().accepted == 50 && test.server.stats().open_connections == 0; }));
}

TEST_CASE("Server: HTTP/1.0 is closed unless it asks to be kept") {
  TestServer test;
  test.start();
  RawClient once = test.client();
  once.send("GET /hello HTTP/1.0\r\n\r\n");
  CHECK(once.answer().body == "hello");
  CHECK(once.closed());
  RawClient kept = test.client();
  for (int i = 0; i < 2; ++i) {
    kept.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const Answer answer = kept.answer();
    CHECK(answer.body == "hello");
    CHECK(answer.has("Connection: keep-alive"));
  }
}
