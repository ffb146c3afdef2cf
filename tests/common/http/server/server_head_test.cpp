// What a request's header decides before its body is there: head checks, and paths that nobody serves.

#include <atomic>
#include <stdexcept>

#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

std::function<DirectHandler(Loop&)> echo() {
  return [](Loop&) {
    return [](const Request& request, Exchange exchange) { exchange.respond(text(std::string(request.body))); };
  };
}

// Routes that want a key, and say so by the header alone.
struct Guarded : TestServer {
  explicit Guarded(ServerOptions options = {}) : TestServer(std::move(options)) {
    const auto check = [this](Loop&) -> HeadCheck { return [this](const Request& head) { return look(head); }; };
    server.direct("POST", "/guarded", echo(), check);
    server.pooled(
        "POST", "/guarded-pool", [](const Request& request) { return text(std::string(request.body)); }, check);
    server.direct("POST", "/broken", echo(), [](Loop&) -> HeadCheck {
      return [](const Request&) -> std::optional<Response> { throw std::runtime_error("inside"); };
    });
    server.on_finished([this](std::string_view route, int status, std::chrono::microseconds) {
      if (route == "/guarded" && status == 401) ++refused;
    });
    start();
  }

  std::optional<Response> look(const Request& head) {
    ++looks;
    if (!head.body.empty()) bodies_seen = true;
    if (head.has_header("Authorization")) return std::nullopt;
    return problem(401, "unauthenticated", "Unauthenticated", "A key is needed.");
  }

  std::atomic<int> looks{0}, refused{0};
  std::atomic<bool> bodies_seen{false};
};

std::string head(const std::string& path, const std::string& more) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n";
}

}  // namespace

TEST_CASE("Server: a head check answers before the body, and the connection closes") {
  Guarded test;
  for (const char* path : {"/guarded", "/guarded-pool"}) {
    for (const char* framing : {"Content-Length: 1000000\r\n", "Transfer-Encoding: chunked\r\n"}) {
      CAPTURE(path);
      CAPTURE(framing);
      RawClient client = test.client();
      client.send(head(path, framing));
      const Answer answer = client.answer();
      CHECK(answer.status == 401);
      CHECK(answer.has("Connection: close\r\n"));
      client.send("x");
      CHECK(client.closed());
    }
  }
  CHECK(test.server.stats().requests == 0);
  CHECK(eventually([&] { return test.refused == 2; }));  // it counts as the route's
}

TEST_CASE("Server: a head check's answer reaches a client that goes on sending") {
  Guarded test;
  RawClient client = test.client();
  client.send(head("/guarded", "Content-Length: 1000000\r\n") + std::string(900'000, 'x'));
  CHECK(client.answer().status == 401);
}

TEST_CASE("Server: a head check that has nothing to say is asked once") {
  Guarded test;
  RawClient client = test.client();
  for (int i = 1; i <= 2; ++i) {
    client.send(head("/guarded", "Authorization: x\r\nContent-Length: 4\r\n") + "a");
    REQUIRE(eventually([&] { return test.looks == i; }));
    client.send("b");
    client.send("cd");
    CHECK(client.answer().body == "abcd");
  }
  CHECK(test.looks == 2);
  CHECK_FALSE(test.bodies_seen);
}

TEST_CASE("Server: a body that came with its header needs no head check") {
  Guarded test;
  RawClient client = test.client();
  client.send(post("/guarded", "abc"));
  CHECK(client.answer().body == "abc");
  CHECK(test.looks == 0);
}

TEST_CASE("Server: an expectation is answered by the head check, or with 100") {
  Guarded test;
  RawClient stranger = test.client();
  stranger.send(head("/guarded", "Expect: 100-continue\r\nContent-Length: 2\r\n"));
  CHECK(stranger.answer().status == 401);
  CHECK(stranger.closed());
  RawClient known = test.client();
  known.send(head("/guarded", "Authorization: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"));
  CHECK(known.answer().status == 100);
  known.send("hi");
  CHECK(known.answer().body == "hi");
}

TEST_CASE("Server: a head check that throws is 500, and says nothing of it") {
  Guarded test;
  RawClient client = test.client();
  client.send(head("/broken", "Content-Length: 2\r\n"));
  const Answer answer = client.answer();
  CHECK(answer.status == 500);
  CHECK(answer.body.find("inside") == std::string::npos);
}

TEST_CASE("Server: what stands behind a request that its header refused is no request") {
  Guarded test;
  RawClient client = test.client();
  client.send(head("/guarded", "Content-Length: 1000\r\n") + get("/hello"));
  CHECK(client.answer().status == 401);
  CHECK(client.closed());
  CHECK(test.server.stats().requests == 0);
}

TEST_CASE("Server: a large body for a path that nobody serves is not waited for") {
  Guarded test;
  for (const auto& [path, status] : {std::pair("/nothing", 404), std::pair("/hello", 405)}) {
    CAPTURE(path);
    RawClient client = test.client();
    client.send(head(path, "Content-Length: 1000000\r\n") + std::string(20'000, 'x'));
    const Answer answer = client.answer();
    CHECK(answer.status == status);
    CHECK(answer.has("Connection: close\r\n"));
    RawClient waiting = test.client();
    waiting.send(head(path, "Expect: 100-continue\r\nContent-Length: 2\r\n"));
    CHECK(waiting.answer().status == status);
  }
}
