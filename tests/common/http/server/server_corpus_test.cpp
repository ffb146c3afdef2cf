// The corpus of requests that could be read in two ways, over a socket: each has its exact answer, the connection is
// closed where it must be, and what stands behind is a request only where it may be.

#include <atomic>

#include "tests/common/http/server/corpus.hpp"
#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

const std::string kBehind = "GET /behind HTTP/1.1\r\nHost: a\r\n\r\n";

struct Watched : TestServer {
  Watched() {
    server.direct("GET", "/behind", [this](Loop&) {
      return [this](const Request&, Exchange exchange) {
        ++behind;
        exchange.respond(text("behind"));
      };
    });
    start();
  }
  std::atomic<int> behind{0};
};

bool is_head(const CorpusCase& c) { return c.bytes.starts_with("HEAD"); }

void run(Watched& test, const CorpusCase& c, std::size_t step) {
  CAPTURE(c.name);
  CAPTURE(step);
  const int before = test.behind;
  RawClient client = test.client();
  const std::string all = c.bytes + kBehind;
  for (std::size_t at = 0; at < all.size() && client.send(std::string_view(all).substr(at, step)); at += step) {
  }
  const Answer answer = client.answer(is_head(c));
  CHECK(answer.status == c.status);
  CHECK(answer.body.find(c.said) != std::string::npos);
  if (c.next) {
    CHECK(client.answer().body == "behind");
    CHECK(test.behind == before + 1);
    return;
  }
  CHECK(answer.has("Connection: close\r\n"));
  CHECK(client.closed());
  CHECK(test.behind == before);
}

void run(const std::vector<CorpusCase>& cases) {
  Watched test;
  for (const CorpusCase& c : cases) {
    run(test, c, c.bytes.size() + kBehind.size());
    if (c.bytes.size() < 1'000) run(test, c, 1);
    run(test, c, 4'099);
  }
}

}  // namespace

TEST_CASE("Server: lengths that could be read in two ways") { run(length_cases()); }
TEST_CASE("Server: codings that could be read in two ways") { run(coding_cases()); }
TEST_CASE("Server: chunks that could be read in two ways") { run(chunk_cases()); }
TEST_CASE("Server: request lines of other protocols, and malformed ones") { run(head_cases()); }
TEST_CASE("Server: headers that could be read in two ways") { run(field_cases()); }

TEST_CASE("Server: a body is never a request, whatever it looks like") {
  Watched test;
  RawClient client = test.client();
  client.send(post("/echo", kBehind) + "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
              "28\r\n" + kBehind.substr(0, 0x28).append(0x28 - std::min<std::size_t>(kBehind.size(), 0x28), ' ') +
              "\r\n0\r\n\r\n" + kBehind);
  CHECK(client.answer().body == kBehind);
  CHECK(client.answer().status == 200);
  CHECK(client.answer().body == "behind");
  CHECK(test.behind == 1);
}

TEST_CASE("Server: a refused expectation does not wait for the body, and takes nothing of it") {
  Watched test;
  RawClient client = test.client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 202-later\r\nContent-Length: 40\r\n\r\n");
  CHECK(client.answer().status == 417);
  client.send(kBehind);
  CHECK(client.closed());
  CHECK(test.behind == 0);
}

TEST_CASE("Server: 100 Continue is said once, and not where the body is there or too large") {
  Watched test;
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ";
  RawClient asks = test.client();
  asks.send(head + "2\r\n\r\n");
  CHECK(asks.answer().status == 100);
  asks.send("h");
  asks.send("i" + kBehind);
  CHECK(asks.answer().body == "hi");
  CHECK(asks.answer().body == "behind");
  RawClient whole = test.client();
  whole.send(head + "2\r\n\r\nhi");
  CHECK(whole.answer().body == "hi");
  RawClient large = test.client();
  large.send(head + "99999999\r\n\r\n");
  CHECK(large.answer().status == 413);
  CHECK(large.closed());
}
