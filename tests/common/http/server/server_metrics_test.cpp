// The pages that every listener has, what is counted, and the limit of connections for each peer.

#include <arpa/inet.h>

#include "common/http/server/html.hpp"
#include "common/http/server/pages.hpp"
#include "common/http/server/peer_counts.hpp"
#include "common/http/server/problem_types.hpp"
#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

struct Paged {
  explicit Paged(ServerOptions options = {}, std::function<void()> measure = {}) : test(std::move(options)) {
    PageOptions page;
    page.not_ready = [this] { return why; };
    page.measure = std::move(measure);
    pages.emplace(test.server, metrics, std::move(page));
    test.start();
  }
  std::string page(const std::string& path) const {
    RawClient client = test.client();
    client.send(get(path));
    const Answer answer = client.answer();
    status = answer.status;
    return answer.body;
  }
  Answer browse(const std::string& path) const {
    RawClient client = test.client();
    client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\nAccept: text/html,*/*;q=0.8\r\n\r\n");
    return client.answer();
  }
  double value(const std::string& series) const {
    const std::string text = metrics.text();
    const std::size_t at = text.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::atof(text.c_str() + at + series.size() + 2);
  }

  metrics::Metrics metrics;
  std::optional<std::string> why;
  mutable int status = 0;
  TestServer test;
  std::optional<Pages> pages;
};

sockaddr_storage address(const char* text) {
  sockaddr_storage storage{};
  if (auto& v4 = reinterpret_cast<sockaddr_in&>(storage); ::inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    return storage;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  REQUIRE(::inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
  v6.sin6_family = AF_INET6;
  return storage;
}

}  // namespace

TEST_CASE("Pages: live, ready with its reason, and metrics") {
  Paged paged;
  CHECK(paged.page("/health/live") == "live\n");
  CHECK(paged.page("/health/ready") == "ready\n");
  CHECK(paged.page("/metrics").find("certes_http_connections{listener=\"gateway\"}") != std::string::npos);
}

TEST_CASE("Pages: not ready is 503 with the reason") {
  Paged paged;
  paged.why = "it is being read";
  CHECK(paged.page("/health/ready") == "it is being read\n");
  CHECK(paged.status == 503);
}

TEST_CASE("Pages: what is measured first may block, and is done before each scrape") {
  int measured = 0;
  Paged paged({}, [&] { ++measured; });
  paged.page("/metrics");
  paged.page("/metrics");
  CHECK(measured == 2);
}

TEST_CASE("Pages: every problem has one that says what it means and what to do, at the address that answers give") {
  Paged paged;
  for (const ProblemType& type : problem_types()) {
    const std::string answer = problem(type.status, type.name, "t", "d").body;
    const std::string path = "/problems/" + std::string(type.name);
    CHECK(answer.starts_with("{\"type\":\"" + path + "\""));
    const std::string page = paged.page(path);
    CHECK(paged.status == 200);
    CHECK(page.find(type.meaning) != std::string::npos);
    CHECK(page.find(type.remedy) != std::string::npos);
  }
  CHECK(paged.page("/problems/none").find("\nnot-accepted\n") != std::string::npos);
  CHECK(paged.status == 404);
}

TEST_CASE("Pages: a browser gets each problem as HTML, which loads and runs nothing") {
  Paged paged;
  for (const ProblemType& type : problem_types()) {
    CAPTURE(type.name);
    const auto answer = paged.browse("/problems/" + std::string(type.name));
    CHECK(answer.status == 200);
    CHECK(answer.has("Content-Type: text/html; charset=utf-8\r\n"));
    CHECK(answer.has("Vary: Accept\r\n"));
    CHECK(answer.has("Content-Security-Policy: default-src 'none'; style-src 'sha256-"));
    CHECK_FALSE(answer.has("script-src"));
    CHECK(answer.body.find(marked(type.meaning)) != std::string::npos);
    CHECK(answer.body.find(marked(type.remedy)) != std::string::npos);
  }
  CHECK(paged.browse("/problems/%3Cscript%3E").status == 404);
  CHECK(paged.browse("/problems/%3Cscript%3E").body.find("<script") == std::string::npos);
}

TEST_CASE("Server: counts what it refused, by limit and by status") {
  ServerOptions options;
  options.max_connections = 2;
  options.header_timeout = Millis(50);
  Paged paged(options);
  RawClient first = paged.test.client();
  first.send(get("/hello"));
  CHECK(first.answer().status == 200);
  RawClient slow = paged.test.client();
  RawClient third = paged.test.client();
  CHECK(third.answer().status == 503);
  slow.send("GET");
  CHECK(slow.answer().status == 408);
  slow.close();
  REQUIRE(eventually([&] { return paged.test.server.stats().open_connections == 1; }));
  RawClient bad = paged.test.client();
  bad.send("nonsense\r\n");
  CHECK(bad.answer().status == 400);
  CHECK(paged.value("certes_http_connections_refused_total{limit=\"connections\",listener=\"gateway\"}") == 1);
  CHECK(paged.value("certes_http_timeouts_total{listener=\"gateway\",waiting_for=\"header\"}") == 1);
  CHECK(paged.value("certes_http_refused_total{code=\"400\",listener=\"gateway\"}") == 1);
  CHECK(paged.value("certes_http_refused_total{code=\"408\",listener=\"gateway\"}") == 1);
  CHECK(paged.value("certes_http_connections_accepted_total{listener=\"gateway\"}") == 3);
  CHECK(paged.value("certes_http_requests_total{listener=\"gateway\"}") == 1);
  CHECK(paged.value("certes_http_connections_max{listener=\"gateway\"}") == 2);
}

TEST_CASE("Server: shows what unfinished requests hold, the most that they may, and who gave way") {
  ServerOptions options;
  options.max_unfinished_bytes = 100'000;
  Paged paged(options);
  const std::string held = "certes_http_unfinished_bytes{listener=\"gateway\"}";
  CHECK(paged.value(held) == 0);
  CHECK(paged.value("certes_http_unfinished_bytes_max{listener=\"gateway\"}") == 100'000);
  const std::string begun =
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60001\r\n\r\n" + std::string(60'000, 'x');
  RawClient first = paged.test.client();
  first.send(begun);
  REQUIRE(eventually([&] { return paged.value(held) >= 60'000; }));
  RawClient second = paged.test.client();
  second.send(begun);
  CHECK(first.answer().status == 503);
  CHECK(paged.value("certes_http_connections_refused_total{limit=\"unfinished_bytes\",listener=\"gateway\"}") == 1);
  CHECK(paged.value("certes_http_refused_total{code=\"503\",listener=\"gateway\"}") == 1);
}

TEST_CASE("Server: the counters of one that has gone stay, and the next of its name is counted on") {
  metrics::Metrics metrics;
  for (int i = 1; i <= 2; ++i) {
    TestServer test;
    test.server.expose(metrics);
    test.start();
    RawClient client = test.client();
    client.send(get("/hello"));
    CHECK(client.answer().status == 200);
    test.server.stop(Millis(100));
    CHECK(metrics.text().find("certes_http_requests_total{listener=\"gateway\"} " + std::to_string(i) + "\n") !=
          std::string::npos);
  }
}

TEST_CASE("Server: a peer has no more connections than it may, and gets them back") {
  ServerOptions options;
  options.max_connections_per_peer = 2;
  options.loops = 2;
  Paged paged(options);
  RawClient first = paged.test.client();
  RawClient second = paged.test.client();
  first.send(get("/hello"));
  second.send(get("/hello"));
  CHECK(first.answer().status == 200);
  CHECK(second.answer().status == 200);
  RawClient third = paged.test.client();
  const Answer answer = third.answer();
  CHECK(answer.status == 429);
  CHECK(answer.has("Retry-After: 1"));
  CHECK(third.closed());
  CHECK(paged.value("certes_http_connections_refused_total{limit=\"per_peer\",listener=\"gateway\"}") == 1);
  first.close();
  REQUIRE(eventually([&] { return paged.test.server.stats().open_connections < 2; }));
  RawClient fourth = paged.test.client();
  fourth.send(get("/hello"));
  CHECK(fourth.answer().status == 200);
}

TEST_CASE("Server: the limit of a peer is not for those that are exempt") {
  ServerOptions options;
  options.max_connections_per_peer = 1;
  options.unlimited_peer = [](std::string_view peer) { return peer == "127.0.0.1"; };
  Paged paged(options);
  std::vector<RawClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(paged.test.client());
    clients.back().send(get("/hello"));
    CHECK(clients.back().answer().status == 200);
  }
}

TEST_CASE("PeerCounts: counts up to the limit, and forgets who has none") {
  PeerCounts counts;
  CHECK(counts.take(1, 2));
  CHECK(counts.take(1, 2));
  CHECK_FALSE(counts.take(1, 2));
  CHECK(counts.take(2, 2));
  CHECK(counts.peers() == 2);
  counts.give_back(1);
  CHECK(counts.take(1, 2));
  for (int i = 0; i < 2; ++i) counts.give_back(1);
  counts.give_back(2);
  CHECK(counts.peers() == 0);
}

TEST_CASE("PeerCounts: an IPv6 peer is its /64, an IPv4 peer its address") {
  const auto key = [](const char* text) { return peer_key(address(text)); };
  CHECK(key("2001:db8::1") == key("2001:db8::ffff:1"));
  CHECK(key("2001:db8:0:1::1") != key("2001:db8::1"));
  CHECK(key("192.0.2.1") != key("192.0.2.2"));
  CHECK(key("::ffff:192.0.2.1") == key("192.0.2.1"));
  CHECK(key("::1") != 0);
  CHECK(key("0.0.0.0") != 0);
}
