// Dead letters that are sent again by themselves.

#include <doctest/doctest.h>

#include <set>

#include "common/event/redelivery.hpp"
#include "tests/api/fixture.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::testing;
using namespace certes::api::history::testing;
using certes::fakes::eventually;
using log::Topic;

namespace {

struct Fixture {
  Fixture() : api(installation, true, [&](config::Settings& settings) { settings.history.dir = directory.path(); }) {
    api.key = *api::ensure_admin_key(api.registry, api.settings);
    endpoint("billing");
  }
  void endpoint(const std::string& id, const std::string& state = "active") {
    REQUIRE(api.put("/endpoints/" + id, {{"url", "https://example.com/"}, {"state", state}}).status < 300);
  }
  void policy(const std::string& id, double every_seconds, int max_attempts) {
    const Json reprocess = {{"every_seconds", every_seconds}, {"max_attempts", max_attempts}};
    REQUIRE(api.put("/backoff-policies/" + id, {{"reprocess", reprocess}}).status < 300);
  }
  void letter(const AttemptText& text, std::int32_t partition = 0) {
    installation.cluster->put(Topic::dead_letters, partition, letter_record(text));
  }
  // "event/replays …", of what was sent again, each once: this log keeps what a dispatcher drops as a repeat.
  std::string sent() const {
    std::set<std::string> all;
    for (std::int32_t p = 0; p < 3; ++p)
      for (std::int64_t at = 0; at < installation.cluster->range(Topic::events, p).end; ++at) {
        const auto record = installation.cluster->at(Topic::events, p, at);
        all.insert(std::string(record->headers.get(log::names::kId)) + "/" +
                   std::string(record->headers.get(log::names::kReplays)));
      }
    std::string text;
    for (const auto& one : all) text += one + " ";
    return text;
  }
  bool sends(const std::string& all) {
    const bool seen = eventually([&] { return sent() == all; });
    CHECK(sent() == all);
    return seen;
  }
  Json job() { return api.get("/jobs/reprocess").json; }

  test::TemporaryDirectory directory;
  Installation installation;
  Process api;
};

}  // namespace

TEST_CASE("Reprocess: what has waited for as long as its policy says is sent again, as often as it says") {
  Fixture f;
  f.endpoint("paused", "paused");
  f.policy("soon", 1, 2);
  f.policy("late", 86'400, 2);
  REQUIRE(f.api.put("/backoff-policies/never", Json::object()).status < 300);
  f.letter({.origin = "0:1", .event = "evt_1", .policy = "soon"});
  f.letter({.origin = "0:1", .event = "evt_2", .policy = "late"});
  f.letter({.origin = "0:1", .event = "evt_3", .policy = "never"});
  f.letter({.origin = "0:1", .event = "evt_4"}, 1);
  f.letter({.origin = "0:1", .endpoint = "paused", .event = "evt_5", .policy = "soon"}, 1);
  f.letter({.origin = "0:1", .endpoint = "gone", .event = "evt_6", .policy = "soon"}, 1);
  f.letter({.origin = "0:1", .event = "evt_7", .policy = "soon", .replays = 1}, 1);
  f.letter({.origin = "0:1", .event = "evt_8", .policy = "soon", .replays = 2}, 1);
  f.letter({.origin = "0:1", .event = "evt_9", .policy = "unknown"}, 2);
  CHECK(f.sends("evt_1/1 evt_7/2 "));
  CHECK(eventually([&] { return f.job()["done"] >= 2; }));
  CHECK(f.job()["kind"] == "reprocess_dead_letters");
  CHECK_FALSE(f.job().contains("total"));
  // What was left alone is open, and goes once nothing speaks against it any more.
  f.endpoint("paused");
  f.policy("soon", 1, 3);
  CHECK(f.sends("evt_1/1 evt_5/1 evt_7/2 evt_8/3 "));
  CHECK(eventually([&] { return f.api.get("/dead-letters?state=open").json["items"].size() == 5; }));
}

TEST_CASE("Reprocess: more than a step takes, of several tenants, is sent once") {
  Fixture f;
  REQUIRE(f.api.put("/tenants/acme", Json::object()).status < 300);
  REQUIRE(f.api.put("/endpoints/billing?tenant=acme", {{"url", "https://example.com/"}}).status < 300);
  f.policy("soon", 1, 1);
  std::string all;
  std::set<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    const std::string event = "evt_" + std::to_string(i);
    f.letter({.origin = "0:1", .event = event, .tenant = i % 3 == 0 ? "acme" : "default", .policy = "soon"}, i % 3);
    expected.insert(event + "/1 ");
  }
  for (const auto& one : expected) all += one;
  CHECK(f.sends(all));
  CHECK(eventually([&] { return f.api.get("/dead-letters?state=open").json["items"].empty(); }));
}

TEST_CASE("Reprocess: its job is there as long as a policy asks for it, can be paused, and not be cancelled") {
  Fixture f;
  CHECK(f.api.get("/jobs/reprocess").status == 404);
  f.policy("soon", 1, 1);
  REQUIRE(eventually([&] { return f.api.get("/jobs/reprocess").status == 200 && f.job().contains("runner"); }));
  const auto cancelled = f.api.post("/jobs/reprocess/cancel", Json::object());
  CHECK(cancelled.status == 409);
  CHECK(cancelled.body.find("paused") != std::string::npos);
  REQUIRE(f.api.post("/jobs/reprocess/pause", Json::object()).status == 200);
  f.letter({.origin = "0:1", .event = "evt_1", .policy = "soon"});
  f.policy("other", 1, 1);
  CHECK(f.job()["state"] == "paused");
  REQUIRE(f.api.post("/jobs/reprocess/resume", Json::object()).status == 200);
  CHECK(f.sends("evt_1/1 "));
  for (const char* id : {"soon", "other"})
    REQUIRE(f.api.put(std::string("/backoff-policies/") + id, Json::object()).status < 300);
  CHECK(eventually([&] { return f.api.get("/jobs/reprocess").status == 404; }));
}
