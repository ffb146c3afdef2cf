// Framing as a client meets it: over a socket, with the answer and the closing.

#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

struct Case {
  const char* name;
  std::string bytes;
  int status;
};

std::vector<Case> refused() {
  const std::string start = "POST /echo HTTP/1.1\r\nHost: a\r\n";
  return {{"not HTTP", "hello\r\n\r\n", 400},
          {"no Host", "GET /hello HTTP/1.1\r\n\r\n", 400},
          {"both framings", start + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
          {"Content-Length twice, equal", start + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", 400},
          {"Content-Length that is no number", start + "Content-Length: two\r\n\r\nhi", 400},
          {"Content-Length that overflows", start + "Content-Length: 99999999999999999999\r\n\r\nhi", 400},
          {"obs-fold", start + "X: a\r\n b\r\n\r\n", 400},
          {"a space before the colon", start + "X : a\r\n\r\n", 400},
          {"bare LF", "GET /hello HTTP/1.1\nHost: a\n\n", 400},
          {"NUL", start + std::string("X: a\0b\r\n\r\n", 10), 400},
          {"Transfer-Encoding on 1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
          {"another coding", start + "Transfer-Encoding: gzip\r\n\r\n", 501},
          {"a body above the limit", start + "Content-Length: 1048577\r\n\r\n", 413},
          {"another version", "GET /hello HTTP/3.0\r\nHost: a\r\n\r\n", 505},
          {"a header of 1 MB", start + "X: " + std::string(1u << 20, 'x') + "\r\n\r\n", 431}};
}

}  // namespace

TEST_CASE("Server: refuses bad framing with a problem, and closes") {
  TestServer test;
  test.start();
  for (const Case& c : refused()) {
    CAPTURE(c.name);
    RawClient client = test.client();
    client.send(c.bytes);
    const Answer answer = client.answer();
    CHECK(answer.status == c.status);
    CHECK(answer.has("application/problem+json"));
    CHECK(answer.has("Connection: close"));
    CHECK(client.closed());
  }
  CHECK(test.server.stats().bad_requests == refused().size());
}

TEST_CASE("Server: a limit that was met is told") {
  ServerOptions options;
  options.max_header_bytes = 2'000;
  options.max_headers = 5;
  options.max_body_bytes = 3'000;
  TestServer test(std::move(options));
  test.start();
  const std::string start = "POST /echo HTTP/1.1\r\nHost: a\r\n";
  std::string many = start;
  for (int i = 0; i < 5; ++i) many += "X: y\r\n";
  const std::pair<std::string, std::string> cases[] = {
      {start + "Content-Length: 3001\r\n\r\n", "The body is larger than this server takes: at most 3000 bytes."},
      {start + "X: " + std::string(2'000, 'x') + "\r\n\r\n",
       "The request line and headers are larger than this server takes: at most 2000 bytes."},
      {many + "\r\n", "There are more headers than this server takes: at most 5."}};
  for (const auto& [bytes, detail] : cases) {
    RawClient client = test.client();
    client.send(bytes);
    CHECK(client.answer().body.find("\"detail\":\"" + detail + "\"") != std::string::npos);
  }
}

TEST_CASE("Server: nothing behind a refused request is taken up") {
  TestServer test;
  test.start();
  RawClient client = test.client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n" + get("/hello"));
  CHECK(client.answer().status == 400);
  CHECK(client.closed());
  CHECK(test.server.stats().requests == 0);
}

TEST_CASE("Server: a body announced above the limit is answered while it is being sent") {
  TestServer test;
  test.start();
  RawClient client = test.client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10485760\r\n\r\n");
  const std::string piece(64u << 10, 'x');
  for (int i = 0; i < 160 && client.send(piece); ++i) {
  }
  CHECK(client.answer().status == 413);
}

TEST_CASE("Server: requests that trickle in are whole in the end") {
  TestServer test;
  test.start();
  RawClient client = test.client();
  for (const char c : post("/echo", "slowly") + get("/hello")) client.send({&c, 1});
  CHECK(client.answer().body == "slowly");
  CHECK(client.answer().body == "hello");
}

TEST_CASE("Server: pipelined requests are answered in order") {
  TestServer test;
  test.start();
  RawClient client = test.client();
  std::string bytes;
  for (int i = 0; i < 1'000; ++i) bytes += post("/echo", std::to_string(i));
  client.send(bytes);
  for (int i = 0; i < 1'000; ++i) REQUIRE(client.answer().body == std::to_string(i));
}

TEST_CASE("Server: large bodies and large answers pass unharmed") {
  TestServer test;
  test.start();
  std::string body(1u << 20, 'a');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  RawClient client = test.client();
  const std::string request = post("/echo", body);
  for (std::size_t at = 0; at < request.size(); at += 50'000) client.send(std::string_view(request).substr(at, 50'000));
  CHECK(client.answer().body == body);
  client.send(request + request);
  CHECK(client.answer().body == body);
  CHECK(client.answer().body == body);
}

TEST_CASE("Server: chunked bodies reach the handler joined, and the next request is found") {
  TestServer test;
  test.start();
  RawClient client = test.client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  client.send("7;x=y\r\n, world\r\n0\r\nTrailer: t\r\n\r\n" + get("/hello"));
  CHECK(client.answer().body == "hello, world");
  CHECK(client.answer().body == "hello");
}

TEST_CASE("Server: Expect is answered before the body is sent") {
  TestServer test;
  test.start();
  RawClient client = test.client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.answer().status == 100);
  client.send("hi");
  CHECK(client.answer().body == "hi");
}

TEST_CASE("Server: a target in absolute form is routed by its path") {
  TestServer test;
  test.start();
  RawClient client = test.client();
  client.send("GET http://a/hello?x=y HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.answer().body == "hello");
  client.send("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.answer().status == 404);
}

TEST_CASE("Server: of a target in absolute form, handlers see its authority as Host") {
  TestServer test;
  test.server.direct("GET", "/host", [](Loop&) {
    return
        [](const Request& request, Exchange exchange) { exchange.respond(text(std::string(request.header("host")))); };
  });
  test.server.pooled("GET", "/pooled-host",
                     [](const Request& request) { return text(std::string(request.header("host"))); });
  test.start();
  RawClient client = test.client();
  for (const std::string path : {"/host", "/pooled-host"}) {
    CAPTURE(path);
    client.send("GET http://evil.example:81" + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(client.answer().body == "evil.example:81");
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(client.answer().body == "localhost");
    client.send("GET http://b" + path + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(client.answer().body == "b");
  }
}
