// A gateway behind proxies: whose word counts, and for what.
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

Options behind(const std::vector<std::string>& trusted) {
  Options options;
  options.trusted_proxies = trusted;
  return options;
}

Headers json_from(const std::string& forwarded) {
  return {{"Content-Type", "application/json"}, {"X-Forwarded-For", forwarded}};
}

}  // namespace

TEST_CASE("Behind a proxy: in --dev clients of one connection need a key or not, each for itself") {
  Ingest ingest(behind({"127.0.0.1"}));
  fakes::RawClient proxy = ingest.client();
  const auto send_for = [&](const std::string& client) {
    REQUIRE(proxy.send(request_text("POST", "/events", json_from(client), R"({"type":"a.b","data":1})")));
    return proxy.answer().status;
  };
  CHECK(send_for("127.0.0.1") == 202);
  CHECK(send_for("198.51.100.7") == 401);
  CHECK(send_for("::1") == 202);
  CHECK(send_for("127.0.0.1, 198.51.100.7") == 401);
  CHECK(send_for("unknown") == 401);
  CHECK(ingest.log.taken() == 2);
}

TEST_CASE("Behind a proxy: commands ask the same of their clients as events") {
  Ingest ingest(behind({"127.0.0.1"}));
  CHECK(ingest.post("/commands/A.Do", json_from("198.51.100.7"), "{}").status == 401);
  CHECK(ingest.post("/commands/A.Do", json_from("127.0.0.1"), "{}").status == 404);
}

TEST_CASE("Not behind a proxy: X-Forwarded-For is anybody's word") {
  Ingest ingest;
  CHECK(ingest.post("/events", json_from("198.51.100.7"), R"({"type":"a.b","data":1})").status == 403);
  CHECK(ingest.post("/events", json_from("127.0.0.1"), R"({"type":"a.b","data":1})").status == 403);
  Options options;
  options.dev = false;
  Ingest strict(options);
  CHECK(strict.post("/events", json_from("127.0.0.1"), R"({"type":"a.b","data":1})").status == 401);
}

TEST_CASE("Connections per peer: a trusted proxy has as many as it opens, others their limit") {
  const auto open_two = [](const std::vector<std::string>& trusted) {
    Options options = behind(trusted);
    options.max_connections_per_peer = 1;
    Ingest ingest(options);
    const fakes::RawClient first = ingest.begin_json(R"({"type":"a.b","data":1})");
    return ingest.post_json(R"({"type":"a.b","data":1})").status;
  };
  CHECK(open_two({"127.0.0.0/8"}) == 202);
  CHECK(open_two({"10.0.0.0/8"}) == 429);
}

TEST_CASE("Behind a proxy: a signature over the URL is checked against the one that the provider called") {
  Ingest ingest(behind({"127.0.0.1"}));
  ingest.source("square", {{"verify", {{"scheme", "square"}, {"secrets", {"key"}}}}});
  const std::string body = R"({"type":"payment.created","event_id":"e1"})";
  const auto send = [&](const std::string& url, const std::string& host) {
    const std::string mac = crypto::base64_encode(crypto::Hmac("key").sign({url, body}));
    return ingest
        .post("/events/square",
              {{"X-Square-HmacSha256-Signature", mac}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", host}},
              body)
        .status;
  };
  CHECK(send("https://hooks.example.com/events/square", "hooks.example.com") == 202);
  CHECK(send("http://localhost/events/square", "hooks.example.com") == 401);
  CHECK(send("https://hooks.example.com/events/square", "hooks.example.com, b.example") == 401);
}

TEST_CASE("Basic: a source that asks for name and password says so, and not that a key would do") {
  Ingest ingest;
  ingest.source("legacy", {{"verify", {{"scheme", "basic"}, {"secrets", {"name:word"}}}}});
  for (const Headers& headers :
       {Headers{}, Headers{{"Authorization", "Basic bm86"}}, Headers{{"Authorization", "x"}}}) {
    const auto answer = ingest.post("/events/legacy", headers, "{}");
    CHECK(answer.status == 401);
    CHECK(answer.has("WWW-Authenticate: Basic realm=\"legacy\", charset=\"UTF-8\""));
  }
  CHECK(
      ingest.post("/events/legacy", {{"Authorization", "Basic " + crypto::base64_encode("name:word")}}, "{}").status ==
      202);
}
