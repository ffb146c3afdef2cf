#include <doctest/doctest.h>

#include <set>

#include "common/event/redelivery.hpp"
#include "common/registry/proposal.hpp"
#include "tests/api/fixture.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::testing;
using namespace certes::api::history::testing;
using certes::fakes::eventually;
using log::Topic;

namespace {

using Set = std::function<void(config::Settings&)>;

struct Fixture {
  explicit Fixture(const Set& also = {}) { start(also); }
  void start(const Set& also = {}) {
    api = std::make_unique<Process>(installation, true, [&](config::Settings& settings) {
      settings.history.dir = directory.path();
      settings.jobs.progress_every = Millis{100};
      if (also) also(settings);
    });
    if (key.empty()) key = *api::ensure_admin_key(api->registry, api->settings);
    api->key = key;
    const Json endpoint = {{"url", "https://example.com/"}};
    for (const char* id : {"billing", "mail"})
      REQUIRE(api->put(std::string("/endpoints/") + id, endpoint).status < 300);
  }
  void event(const EventText& text, std::int32_t partition = 0) {
    installation.cluster->put(Topic::events, partition, event_record(text));
    last = text.id;
  }
  // evt_0 …, over the partitions; every third is order.paid.
  void events(int count) {
    for (int i = 0; i < count; ++i)
      event({.id = "evt_" + std::to_string(i), .type = i % 3 == 0 ? "order.paid" : "order.created"}, i % 3);
    settle();
  }
  // Once all that was put is indexed.
  void settle() {
    REQUIRE(eventually([&] { return api->get("/events/" + last).status == 200; }));
  }
  std::string create(const Json& body) {
    const auto made = api->post("/replays", body);
    REQUIRE_MESSAGE(made.status == 202, made.body);
    CHECK(made.header("Location") == "/api/v1/jobs/" + made.json["id"].get<std::string>());
    return made.json["id"];
  }
  Json job(const std::string& id) { return api->get("/jobs/" + id).json; }
  Json in_state(const std::string& id, const std::string& state) {
    CAPTURE(job(id).dump());
    REQUIRE(eventually([&] { return job(id)["state"] == state; }));
    return job(id);
  }
  // What was appended by replays: "id>endpoint …", partition by partition.
  std::string replayed(std::string_view name = "") const {
    std::string all;
    for (std::int32_t p = 0; p < 3; ++p)
      for (std::int64_t at = 0; at < installation.cluster->range(Topic::events, p).end; ++at) {
        const auto record = installation.cluster->at(Topic::events, p, at);
        const auto replay = record->headers.find(log::names::kReplay);
        if (!replay || replay->find(name) == std::string_view::npos) continue;
        all.append(record->headers.get(log::names::kId)).append(">");
        all.append(record->headers.get(log::names::kEndpoint)).append(" ");
      }
    return all;
  }
  // The names of replays that stand on the log, each once: this log keeps what a dispatcher drops as a repeat.
  std::set<std::string> names() const {
    std::set<std::string> all;
    for (std::int32_t p = 0; p < 3; ++p)
      for (std::int64_t at = 0; at < installation.cluster->range(Topic::events, p).end; ++at)
        if (const auto name = installation.cluster->at(Topic::events, p, at)->headers.find(log::names::kReplay))
          all.emplace(*name);
    return all;
  }
  log::RecordPtr last_of(std::int32_t partition) const {
    const auto end = installation.cluster->range(Topic::events, partition).end;
    return installation.cluster->at(Topic::events, partition, end - 1);
  }

  test::TemporaryDirectory directory;
  Installation installation;
  std::string key, last;
  std::unique_ptr<Process> api;
};

}  // namespace

TEST_CASE("Jobs: a replay sends again what its filter finds, where it stood, the oldest first") {
  Fixture f;
  f.events(9);
  const std::string id = f.create({{"filter", {{"type", "order.created"}}}, {"endpoint", "billing"}});
  const Json done = f.in_state(id, "done");
  CHECK(done["kind"] == "replay_events");
  CHECK(done["total"] == 6);
  CHECK(done["done"] == 6);
  CHECK(done["left"] == 0);
  CHECK(done["skipped"] == 0);
  CHECK(done["created_by"] == "admin");
  CHECK(done["filter"]["type"] == "order.created");
  CHECK(done["filter"].contains("to"));
  CHECK(done.contains("ended_at"));
  CHECK_FALSE(done.contains("runner"));
  CHECK_FALSE(done.contains("cursor"));
  CHECK(f.replayed() == "evt_1>billing evt_4>billing evt_7>billing evt_2>billing evt_5>billing evt_8>billing ");
  const auto record = f.last_of(1);
  CHECK(record->headers.get(log::names::kReplay) == event::event_replay_id(1, 2, id));
  CHECK(record->value == R"({"n":1})");
}

TEST_CASE("Jobs: without an endpoint a replay is for whoever subscribes, or for the filter's") {
  Fixture f;
  f.events(3);
  f.in_state(f.create({{"filter", {{"type", "order.paid"}}}, {"priority", "bulk"}}), "done");
  CHECK(f.replayed() == "evt_0> ");
  CHECK(f.last_of(0)->headers.get(log::names::kPriority) == "bulk");
  f.installation.cluster->put(Topic::attempts, 1,
                              attempt_record({.origin = "1:0", .endpoint = "mail", .event = "evt_1"}));
  REQUIRE(eventually([&] { return f.api->get("/events?endpoint=mail").json["items"].size() == 1; }));
  const std::string id = f.create({{"filter", {{"endpoint", "mail"}}}});
  f.in_state(id, "done");
  CHECK(f.replayed(id) == "evt_1>mail ");
}

TEST_CASE("Jobs: replays are in no list of events, and no further replay's") {
  Fixture f;
  f.events(3);
  f.in_state(f.create({{"all", true}}), "done");
  f.event({.id = "evt_last"});
  f.settle();
  CHECK(f.api->get("/events").json["items"].size() == 4);
  const Json again = f.in_state(f.create({{"all", true}}), "done");
  CHECK(again["done"] == 4);
}

TEST_CASE("Jobs: what was sent since the last note of one that was killed is sent under the same names") {
  Fixture f;
  f.events(30);
  const std::string id = f.create({{"all", true}});
  f.in_state(id, "done");
  const auto sent = f.names();
  CHECK(sent.size() == 30);
  // As its runner had left it: with the note of its beginning.
  const auto current = f.api->registry.state()->job("default", id);
  registry::Job before = *current;
  before.state = registry::JobRunning{"prc_killed"};
  before.progress = {.total = 30, .done = 0, .skipped = 0, .remains = {}, .cursor = ""};
  before.ended_at = 0;
  registry::Change change = registry::change_to(before, current.get());
  change.by = "test";
  REQUIRE(f.api->registry.propose(change, Millis{5'000}));
  CHECK(f.in_state(id, "done")["done"] == 30);
  CHECK(std::ranges::count(f.replayed(), '>') == 60);
  CHECK(f.names() == sent);
}

TEST_CASE("Jobs: one goes on in the next process, from its last note") {
  Fixture f;
  f.events(60);
  const std::string id = f.create({{"all", true}, {"rate_per_second", 20}});
  REQUIRE(eventually([&] { return f.job(id)["done"].get<int>() >= 20; }));
  f.api.reset();  // lets go of it
  const std::string sent = f.replayed();
  f.start();
  const Json let_go = f.job(id);
  CHECK(let_go["done"].get<std::int64_t>() >= std::ranges::count(sent, '>'));
  CHECK(f.in_state(id, "done")["done"] == 60);
  CHECK(std::ranges::count(f.replayed(), '>') == 60);
}

TEST_CASE("Jobs: one is paused, resumed and cancelled, and tells how far it is") {
  Fixture f;
  f.events(90);
  const std::string id = f.create({{"all", true}, {"rate_per_second", 1}});
  REQUIRE(eventually([&] { return f.job(id)["done"] == 1; }));
  const Json running = f.job(id);
  CHECK(running["state"] == "running");
  CHECK(running["runner"].get<std::string>().starts_with("prc_"));
  CHECK(running["left"] == 89);
  CHECK(f.api->post("/jobs/" + id + "/pause", Json::object()).json["state"] == "paused");
  CHECK(f.api->post("/replays/" + id + "/pause", Json::object()).json["state"] == "paused");
  const std::string paused = f.replayed();
  CHECK(f.api->post("/replays/" + id + "/resume", Json::object()).json["state"] == "running");
  REQUIRE(eventually([&] { return f.job(id).contains("runner"); }));
  const auto cancelled = f.api->post("/replays/" + id + "/cancel", Json::object());
  CHECK(cancelled.json["state"] == "cancelled");
  CHECK(cancelled.json.contains("ended_at"));
  for (const char* action : {"pause", "resume"}) {
    const auto refused = f.api->post("/jobs/" + id + "/" + action, Json::object());
    CHECK(refused.status == 409);
    CHECK(refused.json["detail"].get<std::string>().find("has ended: cancelled") != std::string::npos);
  }
  CHECK(f.api->post("/jobs/" + id + "/cancel", Json::object()).status == 200);
  CHECK(f.replayed().size() < 90 * 6);
  CHECK(f.api->post("/jobs/job_none/pause", Json::object()).status == 404);
}

TEST_CASE("Jobs: one whose endpoint is deleted fails, saying why, and goes on once it is there again") {
  Fixture f;
  f.events(3);
  REQUIRE(f.api->put("/subscriptions/ops", {{"endpoint", "billing"}, {"pattern", "certes.replay.#"}}).status == 201);
  const std::string id = f.create({{"all", true}, {"endpoint", "mail"}, {"rate_per_second", 0.01}});
  REQUIRE(eventually([&] { return f.job(id)["done"] == 1; }));
  REQUIRE(f.api->post("/jobs/" + id + "/pause", Json::object()).status == 200);
  REQUIRE(f.api->request("DELETE", "/endpoints/mail").status == 204);
  REQUIRE(f.api->post("/jobs/" + id + "/resume", Json::object()).status == 200);
  const Json failed = f.in_state(id, "failed");
  CHECK(failed["error"] == "there is no endpoints/mail any more");
  CHECK(failed["left"] == 2);
  std::vector<log::RecordPtr> told;
  for (std::int32_t p = 0; p < 3; ++p)
    for (std::int64_t at = 0; at < f.installation.cluster->range(Topic::events, p).end; ++at)
      if (auto record = f.installation.cluster->at(Topic::events, p, at);
          record->headers.get("ce_type") == "certes.replay.failed")
        told.push_back(std::move(record));
  REQUIRE(told.size() == 1);
  CHECK(told[0]->headers.get("ce_subject") == id);
  const Json data = Json::parse(told[0]->value);
  CHECK(data["job"] == id);
  CHECK(data["endpoint"] == "mail");
  CHECK(data["done"] == 1);
  CHECK(data["left"] == 2);
  CHECK(data["error"] == failed["error"]);
  CHECK(data["url"] == "/api/v1/jobs/" + id);
  REQUIRE(f.api->put("/endpoints/mail", {{"url", "https://example.com/"}}).status == 201);
  CHECK(f.api->post("/jobs/" + id + "/resume", Json::object()).json["state"] == "running");
}

TEST_CASE("Jobs: what is not on the log any more, and commands, are skipped and counted") {
  Fixture f;
  f.event({.id = "evt_gone"});
  f.event({.id = "evt_1"});
  log::Record command = event_record({.id = "evt_command"});
  log::Headers headers;
  for (const auto [name, value] : command.headers) headers.add(name, name == log::names::kKind ? "command" : value);
  command.headers = std::move(headers);
  f.installation.cluster->put(Topic::events, 0, std::move(command));
  f.event({.id = "evt_2"});
  f.settle();
  auto log = log::memory::make(f.installation.cluster, 50);
  REQUIRE(log->prepare());
  REQUIRE(log->trim(Topic::events, 0, 1, Millis{1'000}));
  const Json done = f.in_state(f.create({{"all", true}}), "done");
  CHECK(done["total"] == 4);
  CHECK(done["done"] == 2);
  CHECK(done["skipped"] == 2);
}

TEST_CASE("Jobs: what would repeat much says what, and counts it first where that is asked for") {
  Fixture f;
  f.events(6);
  struct Refused {
    Json body;
    const char* pointer;
  };
  const Refused all[] = {
      {Json::object(), ""},
      {{{"filter", Json::object()}}, ""},
      {{{"all", true}, {"filter", {{"type", "a"}}}}, "/all"},
      {{{"filter", {{"state", "lost"}}}}, "/filter/state"},
      {{{"filter", {{"type", "no type"}}}}, "/filter/type"},
      {{{"filter", {{"colour", "red"}}}}, "/filter/colour"},
      {{{"filter", {{"from", "yesterday"}}}}, "/filter/from"},
      {{{"filter", {{"from", "2026-02-01T00:00:00Z"}, {"to", "2026-01-01T00:00:00Z"}}}}, "/filter/from"},
      {{{"filter", {{"endpoint", "none"}}}}, "/filter/endpoint"},
      {{{"all", true}, {"endpoint", "none"}}, "/endpoint"},
      {{{"all", true}, {"priority", "urgent"}}, "/priority"},
      {{{"all", true}, {"rate_per_second", -1}}, "/rate_per_second"}};
  for (const Refused& one : all) {
    CAPTURE(one.body.dump());
    const auto answer = f.api->post("/replays", one.body);
    CHECK(answer.status == 400);
    if (*one.pointer != '\0') CHECK(answer.json["pointer"] == one.pointer);
  }
  const auto counted = f.api->post("/replays?dry_run=true", {{"filter", {{"type", "order.paid"}}}});
  CHECK(counted.status == 200);
  CHECK(counted.json["count"] == 2);
  CHECK(counted.json["complete"] == true);
  CHECK(counted.json.contains("indexed_until"));
  CHECK(f.api->get("/jobs").json["items"].empty());
  CHECK(f.replayed().empty());
}

TEST_CASE("Jobs: no class above what its tenant may have") {
  Fixture f;
  REQUIRE(f.api->put("/tenants/default", {{"max_priority", "normal"}}).status < 300);
  f.event({.id = "evt_1"});
  f.settle();
  CHECK(f.api->post("/replays", {{"all", true}, {"priority", "high"}}).json["pointer"] == "/priority");
  CHECK(f.api->post("/events/evt_1/replay", {{"priority", "high"}}).json["pointer"] == "/priority");
  CHECK(f.api->post("/events/evt_1/replay", {{"priority", "normal"}}).status == 202);
}

TEST_CASE("Jobs: the newest are listed first, by state and page by page, each tenant's own") {
  Fixture f;
  f.event({.id = "evt_1"});
  f.settle();
  std::vector<std::string> made;
  for (int i = 0; i < 3; ++i) made.push_back(f.create({{"all", true}}));
  for (const std::string& id : made) f.in_state(id, "done");
  const auto page = f.api->get("/replays?limit=2");
  REQUIRE(page.json["items"].size() == 2);
  CHECK(page.json["items"][0]["id"] == made[2]);
  const auto rest = f.api->get("/replays?after=" + page.json["next"].get<std::string>());
  REQUIRE(rest.json["items"].size() == 1);
  CHECK(rest.json["items"][0]["id"] == made[0]);
  CHECK(rest.json["next"].is_null());
  CHECK(f.api->get("/jobs?state=running").json["items"].empty());
  CHECK(f.api->get("/jobs?state=done").json["items"].size() == 3);
  CHECK(f.api->get("/jobs?state=lost").status == 400);
  REQUIRE(f.api->put("/tenants/acme", Json::object()).status == 201);
  CHECK(f.api->get("/jobs?tenant=acme").json["items"].empty());
  CHECK(f.api->get("/jobs/" + made[0] + "?tenant=acme").status == 404);
}

TEST_CASE("Jobs: a further one takes the place of the one that ended first, and is refused where none has") {
  Fixture f([](config::Settings& settings) { settings.jobs.most = 2; });
  f.events(3);
  const std::string first = f.create({{"all", true}});
  f.in_state(first, "done");
  f.create({{"all", true}, {"rate_per_second", 0.01}});
  f.create({{"all", true}, {"rate_per_second", 0.01}});
  CHECK(f.api->get("/jobs/" + first).status == 404);
  const auto refused = f.api->post("/replays", {{"all", true}});
  CHECK(refused.status == 409);
  CHECK(refused.json["detail"].get<std::string>().find("jobs.most") != std::string::npos);
  CHECK(f.api->get("/metrics").body.find("certes_jobs_refused_total 1") != std::string::npos);
}

TEST_CASE("Jobs: those that have ended leave after their time") {
  Fixture f([](config::Settings& settings) { settings.jobs.retention = Millis{1}; });
  f.event({.id = "evt_1"});
  f.settle();
  const std::string id = f.create({{"all", true}});
  f.in_state(id, "done");
  f.api.reset();
  f.start([](config::Settings& settings) { settings.jobs.retention = Millis{1}; });
  CHECK(eventually([&] { return f.api->get("/jobs/" + id).status == 404; }));
}

TEST_CASE("Jobs: the audit trail knows who asked for one, and not each note of how far it is") {
  Fixture f;
  f.events(6);
  const std::string id = f.create({{"all", true}, {"rate_per_second", 0.01}});
  REQUIRE(eventually([&] { return f.job(id)["done"] == 1; }));
  REQUIRE(f.api->post("/jobs/" + id + "/cancel", Json::object()).status == 200);
  const Json audit = f.api->get("/audit?kind=jobs").json["items"];
  REQUIRE(audit.size() == 2);
  CHECK(audit[0]["by"] == "admin");
  CHECK(audit[0]["action"] == "change");
  CHECK(audit[1]["action"] == "create");
}

TEST_CASE("Jobs: a process without history says so where one is asked for, and shows what there is") {
  Installation installation;
  Process api(installation);
  CHECK(api.post("/replays", {{"all", true}}).json["type"] == "/problems/no-history");
  CHECK(api.post("/events/evt_1/replay", Json::object()).json["type"] == "/problems/no-history");
  CHECK(api.get("/jobs").json["items"].empty());
}

TEST_CASE("Jobs: each has a scope") {
  Fixture f;
  f.event({.id = "evt_1"});
  f.settle();
  const std::string id = f.create({{"all", true}});
  f.in_state(id, "done");
  const auto with = [&](const char* scope) {
    f.api->key = f.key;
    f.api->key = f.api->post("/keys", {{"scopes", {scope}}}).json["key"];
  };
  with("replays:read");
  CHECK(f.api->get("/replays/" + id).status == 200);
  CHECK(f.api->get("/jobs/" + id).status == 403);
  CHECK(f.api->post("/replays", {{"all", true}}).status == 403);
  CHECK(f.api->post("/events/evt_1/replay", Json::object()).status == 403);
  with("jobs:read");
  CHECK(f.api->get("/jobs/" + id).status == 200);
  CHECK(f.api->post("/jobs/" + id + "/cancel", Json::object()).status == 403);
}

TEST_CASE("Jobs: one event is sent again once, to each whom it is for, unless it is asked for again") {
  Fixture f;
  f.event({.id = "evt_1", .client_id = "7"});
  f.settle();
  const auto replay = [&](const Json& body) { return f.api->post("/events/evt_1/replay", body); };
  const auto name = [&](const Json& body) {
    const auto answer = replay(body);
    REQUIRE_MESSAGE(answer.status == 202, answer.body);
    return answer.json["id"].get<std::string>();
  };
  CHECK(name(Json::object()) == "rpl_event_0-0");
  CHECK(name(Json::object()) == "rpl_event_0-0");
  const std::string mail = name({{"endpoint", "mail"}, {"priority", "high"}});
  CHECK(f.last_of(0)->headers.get(log::names::kPriority) == "high");
  CHECK(f.last_of(0)->headers.get(log::names::kEndpoint) == "mail");
  CHECK(mail.starts_with("rpl_event_0-0-"));
  CHECK(name({{"endpoint", "mail"}}) == mail);
  CHECK(name({{"endpoint", "billing"}}) != mail);
  const std::string again = name({{"endpoint", "mail"}, {"again", true}});
  CHECK(again.starts_with("rpl_event_0-0-"));
  CHECK(again != mail);
  CHECK(replay({{"endpoint", "none"}}).json["pointer"] == "/endpoint");
  CHECK(replay({{"colour", "red"}}).json["pointer"] == "/colour");
  CHECK(f.api->post("/events/evt_none/replay", Json::object()).status == 404);
  auto log = log::memory::make(f.installation.cluster, 50);
  REQUIRE(log->prepare());
  REQUIRE(log->trim(Topic::events, 0, 1, Millis{1'000}));
  CHECK(replay({{"again", true}}).status == 409);
}
