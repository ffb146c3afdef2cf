#include "api/bulk.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/steps.hpp"
#include "tests/api/fixture.hpp"
#include "tests/fakes/http_client.hpp"

using namespace certes;
using namespace certes::api;
using namespace certes::api::testing;

namespace {

Json item(const char* method, const std::string& path, Json body = nullptr) {
  Json made = {{"method", method}, {"path", path}};
  if (!body.is_null()) made["body"] = std::move(body);
  return made;
}
Json endpoint(const std::string& id) { return item("PUT", "/endpoints/" + id, {{"url", "https://example.com/" + id}}); }

std::vector<int> statuses(const Answer& answer) {
  std::vector<int> found;
  for (const Json& one : answer.json.at("answers")) found.push_back(one.at("status").get<int>());
  return found;
}
using Statuses = std::vector<int>;

struct Fixture {
  Installation installation;
  Process process{installation, false};
  Fixture() { process.key = *ensure_admin_key(process.registry, process.settings); }
  Answer bulk(const Json& items, const std::string& query = {}) { return process.post("/bulk" + query, items); }
  std::string key(const Json& wanted, const std::string& tenant = {}) {
    const Answer made = process.post("/keys" + (tenant.empty() ? "" : "?tenant=" + tenant), wanted);
    REQUIRE_MESSAGE(made.status == 201, made.body);
    return made.json["key"].get<std::string>();
  }
};

// Where a change waits: the 17th pause of an endpoint, which asks what is open.
class Gate {
 public:
  void wait_here() {
    std::unique_lock lock(mutex_);
    ++came_;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return may_pass_ >= came_; });
  }
  void wait_for(int changes) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return came_ == changes; }));
  }
  // Not before a step of the one that waits has lasted long enough.
  void let_pass() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, LongSteps::kStep, [] { return false; });
    ++may_pass_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int came_ = 0, may_pass_ = 0;
};

}  // namespace

TEST_CASE("Bulk: changes are made one after the other, each answered as by itself") {
  Fixture fixture;
  const Answer done =
      fixture.bulk({endpoint("a"), item("POST", "/subscriptions", {{"id", "s"}, {"endpoint", "a"}, {"pattern", "x"}}),
                    item("PATCH", "/endpoints/a", {{"concurrency", 3}}), item("POST", "/endpoints/a/pause"),
                    item("DELETE", "/subscriptions/s"), endpoint("b")});
  REQUIRE_MESSAGE(done.status == 200, done.body);
  CHECK(statuses(done) == Statuses{201, 201, 200, 200, 204, 201});
  CHECK(done.json["failed"] == 0);
  CHECK(done.json["answers"][0]["body"]["secret"].get<std::string>().starts_with("whsec_"));
  CHECK(done.json["answers"][0]["location"] == "/api/v1/endpoints/a");
  CHECK(done.json["answers"][2]["etag"] == "\"2\"");
  CHECK_FALSE(done.json["answers"][4].contains("body"));
  CHECK(fixture.process.get("/endpoints/a").json["state"] == "paused");
  CHECK(fixture.process.get("/subscriptions/s").status == 404);
  CHECK(fixture.bulk(Json::array()).json == Json{{"answers", Json::array()}, {"failed", 0}});
}

TEST_CASE("Bulk: what fails is answered with its problem, and holds up none of the others") {
  Fixture fixture;
  Json stale = item("PATCH", "/endpoints/a", {{"concurrency", 9}});
  stale["if_match"] = "\"7\"";
  Json current = item("PATCH", "/endpoints/a", {{"concurrency", 9}});
  current["if_match"] = 1;
  const Answer done =
      fixture.bulk({endpoint("a"), item("PUT", "/subscriptions/s", {{"endpoint", "none"}, {"pattern", "x"}}),
                    item("PUT", "/endpoints/x", {{"url", 7}}), item("PUT", "/nothing/x", Json::object()),
                    item("POST", "/bulk", Json::array()), item("POST", "/dead-letters/replay", Json::object()),
                    item("PUT", "/endpoints/y?what=1", Json::object()), item("PUT", "/endpoints/z"), stale, current});
  REQUIRE_MESSAGE(done.status == 200, done.body);
  CHECK(statuses(done) == Statuses{201, 400, 400, 404, 404, 404, 400, 400, 412, 200});
  CHECK(done.json["failed"] == 8);
  CHECK(done.json["answers"][1]["body"]["pointer"] == "/endpoint");
  CHECK(done.json["answers"][1]["body"]["type"] == "/problems/invalid");
  CHECK(fixture.process.get("/endpoints/a").json["concurrency"] == 9);
}

TEST_CASE("Bulk: each change asks for its own scope, and for its tenant") {
  Fixture fixture;
  REQUIRE(fixture.process.post("/tenants", {{"id", "acme"}}).status == 201);
  const std::string narrow = fixture.key({{"scopes", {"endpoints:write"}}});
  const std::string acme = fixture.key({{"scopes", {"*"}}}, "acme");
  CHECK(statuses(fixture.bulk(Json::array({endpoint("there")}), "?tenant=acme")) == Statuses{201});
  CHECK(fixture.process.get("/endpoints/there?tenant=acme").status == 200);
  CHECK(fixture.process.get("/endpoints/there").status == 404);
  CHECK(statuses(fixture.bulk({endpoint("own"), item("PUT", "/endpoints/other?tenant=acme",
                                                     {{"url", "https://example.com/"}})})) == Statuses{201, 201});
  CHECK(fixture.process.get("/endpoints/other?tenant=acme").status == 200);

  fixture.process.key = narrow;
  const Answer refused =
      fixture.bulk({endpoint("n"), item("PUT", "/backoff-policies/p", {{"strategy", "constant"}}),
                    item("DELETE", "/endpoints/there?tenant=acme"), item("POST", "/keys", {{"scopes", {"*"}}})});
  CHECK(statuses(refused) == Statuses{201, 403, 403, 403});
  CHECK(refused.json["answers"][1]["body"]["detail"].get<std::string>().find("backoffs:write") != std::string::npos);
  CHECK(fixture.bulk(Json::array({endpoint("m")}), "?tenant=acme").status == 403);

  fixture.process.key = acme;
  CHECK(statuses(fixture.bulk({item("DELETE", "/endpoints/own"), item("DELETE", "/endpoints/own?tenant=default"),
                               endpoint("mine")})) == Statuses{404, 403, 201});
  fixture.process.key = "";
  CHECK(fixture.bulk(Json::array({endpoint("a")})).status == 401);
}

TEST_CASE("Bulk: a tenant's quota holds within one request") {
  Fixture fixture;
  REQUIRE(fixture.process.post("/tenants", {{"id", "acme"}, {"quotas", {{"endpoints", 2}}}}).status == 201);
  CHECK(statuses(fixture.bulk({endpoint("a"), endpoint("b"), endpoint("c"), endpoint("a")}, "?tenant=acme")) ==
        Statuses{201, 201, 409, 200});
}

TEST_CASE("Bulk: of what has no such form nothing is done") {
  Fixture fixture;
  const auto refused = [&](const std::string& body) {
    const Answer answer = fixture.process.request("POST", "/bulk", body);
    CHECK_MESSAGE(answer.status == 400, answer.body);
    return answer.json.value("pointer", "");
  };
  const std::string good = endpoint("a").dump();
  CHECK(refused("{}").empty());
  CHECK(refused("[" + good + ",").empty());
  CHECK(refused("[" + good + ",7]") == "/1");
  CHECK(refused("[" + good + R"(,{"method":"GET","path":"/endpoints"}])") == "/1/method");
  CHECK(refused("[" + good + R"(,{"path":"/endpoints"}])") == "/1/method");
  CHECK(refused("[" + good + R"(,{"method":"PUT","path":"endpoints/a"}])") == "/1/path");
  CHECK(refused("[" + good + R"(,{"method":"PUT","path":"/endpoints/a b"}])") == "/1/path");
  CHECK(refused("[" + good + R"(,{"method":"PUT","path":7}])") == "/1/path");
  CHECK(refused("[" + good + R"(,{"method":"PUT","path":"/endpoints/b","if_match":[1]}])") == "/1/if_match");
  CHECK(refused("[" + good + R"(,{"method":"PUT","path":"/endpoints/b","what":1}])") == "/1/what");
  CHECK(refused("[" + good + R"(,{"method":"PUT","method":"PUT","path":"/endpoints/b"}])") == "/1/method");
  CHECK(fixture.process.get("/endpoints/a").status == 404);
  // A body that is no JSON is that item's own mistake.
  const Answer half = fixture.process.request(
      "POST", "/bulk", "[" + good + R"(,{"method":"PUT","path":"/endpoints/b","body":{"url":tru}}])");
  CHECK(statuses(half) == Statuses{201, 400});
}

TEST_CASE("Bulk: its size is bounded, and is larger than that of other requests") {
  Fixture fixture;
  const std::string large = "[" + endpoint("a").dump() + std::string(3u << 20, ' ') + "]";
  CHECK(fixture.process.request("POST", "/bulk", large).status == 200);
  const auto refused = [&](const std::string& line, const std::string& framing) {
    const std::string address = fixture.process.address();
    fakes::RawClient client(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    REQUIRE(client.send(line + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + fixture.process.key +
                        "\r\nContent-Type: application/json\r\n" + framing + "\r\n"));
    return client.answer().status == 413;
  };
  CHECK(refused("POST /api/v1/bulk?tenant=default", "Content-Length: 8388609\r\n"));
  CHECK(refused("POST /api/v1/bulk", "Transfer-Encoding: chunked\r\n\r\n800001\r\n"));
  CHECK(refused("PUT /api/v1/endpoints/a", "Content-Length: 1048577\r\n"));
  CHECK(refused("PUT /api/v1/endpoints/a", "Transfer-Encoding: chunked\r\n\r\n100001\r\n"));
  Json many = Json::array();
  for (std::size_t i = 0; i <= kBulkItems; ++i) many.push_back(item("DELETE", "/endpoints/none"));
  CHECK(fixture.bulk(many).status == 413);
  many.erase(many.begin());
  CHECK(statuses(fixture.bulk(many)) == Statuses(kBulkItems, 404));
}

TEST_CASE("Bulk: another tenant's lengthy request has its turn between the changes of one") {
  Gate gate;
  Installation installation;
  installation.open_before = [&gate](UnixMillis) {
    gate.wait_here();
    return true;
  };
  Process api(installation, true, [](config::Settings& settings) { settings.api.long_workers = 1; });
  REQUIRE(api.post("/tenants", {{"id", "acme"}}).status == 201);
  const std::string key = api.post("/keys?tenant=acme", {{"scopes", {"*"}}}).json["key"];
  REQUIRE(api.put("/endpoints/a", {{"url", "https://example.com/"}}).status == 201);
  for (int times = 0; times < 16; ++times)
    for (const char* action : {"pause", "resume"})
      REQUIRE(api.request("POST", "/endpoints/a/" + std::string(action)).status == 200);

  Answer changed;
  std::thread changing([&] {
    changed = api.post("/bulk", {item("POST", "/endpoints/a/pause"), item("POST", "/endpoints/a/pause")});
  });
  gate.wait_for(1);
  const std::string address = api.address();
  fakes::RawClient other(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  REQUIRE(
      other.send("GET /api/v1/dead-letters HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key + "\r\n\r\n"));
  REQUIRE(fakes::eventually([&] {
    return api.get("/metrics").body.find("certes_http_jobs_waiting{kind=\"lengthy\",listener=\"api\"} 1") !=
           std::string::npos;
  }));
  gate.let_pass();
  CHECK(other.answer().status == 200);
  gate.wait_for(2);  // the second change had not begun before
  gate.let_pass();
  changing.join();
  CHECK(statuses(changed) == Statuses{409, 409});
}
