#include <atomic>
#include <memory>

#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

// A route whose streams the test writes to, through their loop.
struct Streaming {
  explicit Streaming(ServerOptions options = {}) : test(std::move(options)) {
    test.server.direct("GET", "/stream", [this](Loop& made_for) {
      loop = &made_for;
      return [this](const Request&, Exchange exchange) {
        stream = exchange.stream(text(""));
        if (!stream.open()) {
          ++refused;
          return;
        }
        stream.on_closed([this] {
          ++closed;
          stream = {};
        });
        stream.on_drained([this] { ++drained; });
        ++begun;
      };
    });
    test.start();
  }
  ~Streaming() { test.server.stop(Millis(0)); }
  // On the loop, to its end.
  void run(std::function<void()> work) {
    std::atomic<bool> done{false};
    loop.load()->post([&] {
      work();
      done = true;
    });
    REQUIRE(eventually([&] { return done.load(); }));
  }
  RawClient begin(const std::string& request = get("/stream")) {
    RawClient client = test.client();
    REQUIRE(client.send(request));
    REQUIRE(eventually([this] { return begun > 0; }));
    return client;
  }

  std::atomic<Loop*> loop{nullptr};
  std::atomic<int> begun{0}, refused{0}, closed{0}, drained{0};
  Stream stream;  // the loop's
  TestServer test;
};

}  // namespace

TEST_CASE("Stream: each write is a chunk, and closing ends the body and the connection") {
  Streaming on;
  RawClient client = on.begin();
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(head.find("Content-Length") == std::string::npos);
  on.run([&] { on.stream.write("hello"); });
  CHECK(client.read_until("hello\r\n") == "5\r\nhello\r\n");
  on.run([&] {
    on.stream.write(std::string(26, 'x'));
    on.stream.write("");
    on.stream.close();
    CHECK_FALSE(on.stream.open());
  });
  CHECK(client.read_until("0\r\n\r\n") == "1a\r\n" + std::string(26, 'x') + "\r\n0\r\n\r\n");
  CHECK(client.closed());
  CHECK(on.closed == 0);
}

TEST_CASE("Stream: an HTTP/1.0 client gets the bytes as they are, until the connection ends") {
  Streaming on;
  RawClient client = on.begin("GET /stream HTTP/1.0\r\nHost: a\r\n\r\n");
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(head.find("Transfer-Encoding") == std::string::npos);
  CHECK(head.find("Connection: close\r\n") != std::string::npos);
  on.run([&] {
    on.stream.write("hello");
    on.stream.close();
  });
  CHECK(client.read_until("hello") == "hello");
  CHECK(client.closed());
}

TEST_CASE("Stream: a client that leaves is told of once") {
  Streaming on;
  RawClient client = on.begin();
  client.read_until("\r\n\r\n");
  client.close();
  CHECK(eventually([&] { return on.closed == 1; }));
  on.run([&] {
    CHECK_FALSE(on.stream.open());
    on.stream.write("nobody reads this");
    CHECK(on.stream.buffered() == 0);
  });
  CHECK(on.closed == 1);
}

TEST_CASE("Stream: what a client does not read is counted, and sent when it does") {
  Streaming on;
  RawClient client(on.test.server.port(), 4'096);
  REQUIRE(client.send(get("/stream")));
  REQUIRE(eventually([&] { return on.begun > 0; }));
  client.read_until("\r\n\r\n");
  const std::string part(100'000, 'y');
  constexpr int kParts = 200;  // more than the kernel keeps for both sides
  on.run([&] {
    for (int i = 0; i < kParts; ++i) on.stream.write(part);
  });
  const int drained = on.drained;
  on.run([&] { CHECK(on.stream.buffered() > part.size()); });
  for (int i = 0; i < kParts; ++i) REQUIRE(client.read_until("y\r\n").size() > part.size());
  CHECK(eventually([&] { return on.drained > drained; }));
  on.run([&] {
    CHECK(on.stream.buffered() == 0);
    on.stream.write("end");
  });
  CHECK(client.read_until("end\r\n") == "3\r\nend\r\n");
}

TEST_CASE("Stream: a client that takes nothing is cut off after the write timeout") {
  ServerOptions options;
  options.write_timeout = Millis(50);
  Streaming on(options);
  RawClient client(on.test.server.port(), 4'096);
  REQUIRE(client.send(get("/stream")));
  REQUIRE(eventually([&] { return on.begun > 0; }));
  on.run([&] { on.stream.write(std::string(20'000'000, 'z')); });
  CHECK(eventually([&] { return on.closed == 1; }));
}

TEST_CASE("Stream: a server that stops ends its streams") {
  Streaming on;
  RawClient client = on.begin();
  client.read_until("\r\n\r\n");
  on.test.server.stop(Millis(5'000));
  CHECK(client.read_until("0\r\n\r\n") == "0\r\n\r\n");
  CHECK(on.closed == 1);
}

TEST_CASE("Stream: who asks for the head only gets no body") {
  Streaming on;
  RawClient client = on.test.client();
  REQUIRE(client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200"));
  CHECK(client.closed());
  CHECK(on.refused == 1);
}
