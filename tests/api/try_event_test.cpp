// POST /try: a filter on an event that is given, and on one that has come.
#include <doctest/doctest.h>

#include "tests/api/fixture.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::testing;
using namespace certes::api::history::testing;
using certes::fakes::eventually;
using log::Topic;
using Json = nlohmann::json;

namespace {

const Json kOrder = {{"type", "order.created"}, {"data", {{"total", 250}, {"country", "DE"}}}, {"subject", "7"}};

struct Bench {
  explicit Bench(bool with_history = true) {
    process = std::make_unique<Process>(installation, true, [&](config::Settings& settings) {
      settings.history.enabled = with_history;
      settings.history.dir = directory.path();
    });
    process->key = *api::ensure_admin_key(process->registry, process->settings);
  }
  Answer attempt(const Json& filter, const Json& event = kOrder) {
    return process->post("/try", {{"filter", filter}, {"event", event}});
  }
  Answer attempt_transform(const Json& projection, const Json& event = kOrder) {
    return process->post("/try", {{"transform", {{"project", projection}}}, {"event", event}});
  }
  Json made(const Json& projection, const Json& event = kOrder) {
    const Answer answer = attempt_transform(projection, event);
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    CHECK_FALSE(Json::parse(answer.body).contains("filter"));
    return Json::parse(answer.body)["transform"];
  }
  Json said(const Json& filter, const Json& event = kOrder) {
    const Answer answer = attempt(filter, event);
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return Json::parse(answer.body)["filter"];
  }

  test::TemporaryDirectory directory;
  Installation installation;
  std::unique_ptr<Process> process;
};

}  // namespace

TEST_CASE("Try: what a filter says of an event that is given, with its cost") {
  Bench bench(false);
  CHECK(bench.said("data.total > 100 && event.subject == '7'")["says"] == "yes");
  CHECK(bench.said("data.total > 1000")["says"] == "no");
  CHECK(bench.said({{"data", {{"country", "DE"}}}, {"event", {{"type", "order.created"}}}})["says"] == "yes");
  CHECK(bench.said("event.tenant == 'default' && event.source == 'urn:certes:default'")["says"] == "yes");
  const Json cost = bench.said("data.total > 100");
  CHECK(cost["cost"] > 0);
  CHECK(cost["cost_max"] == 50'000);
  CHECK_FALSE(cost.contains("failure"));
}

TEST_CASE("Try: a filter that fails says why and where") {
  Bench bench(false);
  const Json failed = bench.said("true && data.absent > 5");
  CHECK(failed["says"] == "failed");
  CHECK(failed["why"] == "no_member");
  CHECK(failed["failure"] == "line 1, column 14: there is no member \"absent\"");
}

TEST_CASE("Try: what is wrong is refused with its place") {
  Bench bench(false);
  const auto pointer = [](const Answer& answer) {
    CHECK(answer.status == 400);
    return Json::parse(answer.body).value("pointer", "");
  };
  CHECK(pointer(bench.attempt("data.total >")) == "/filter");
  CHECK(pointer(bench.attempt({{"data", {{"a", {{"$gt", true}}}}}})) == "/filter/data/a/$gt");
  CHECK(pointer(bench.attempt("true", {{"typ", "a"}, {"data", 1}})) == "/event/typ");
  CHECK(pointer(bench.process->post("/try", {{"filter", "true"}})) == "/event");
  CHECK(pointer(bench.process->post("/try", {{"event", kOrder}})) == "/filter");
  CHECK(pointer(bench.process->post("/try", {{"filter", "true"}, {"event", kOrder}, {"event_id", "evt_1"}})) ==
        "/event_id");
  CHECK(pointer(bench.process->post("/try", {{"filter", "true"}, {"event", kOrder}, {"transform", Json::object()}})) ==
        "/transform");
  CHECK(pointer(bench.attempt_transform({{"body", {{"a", "${/dta}"}}}})) == "/transform/project/body/a");
  CHECK(bench.process->post("/try", {{"filter", "true"}, {"event_id", "evt_1"}}).status == 501);
}

TEST_CASE("Try: what a transformation makes of an event, with its headers, or why it fails") {
  Bench bench(false);
  const Json made =
      bench.made({{"body", {{"sum", "${/data/total}"}}}, {"headers", {{"X-Sum", "${/data/total}"}, {"x-b", nullptr}}}});
  CHECK(made == Json{{"outcome", "made"},
                     {"content_type", "application/json"},
                     {"headers", {{"X-Sum", "250"}, {"x-b", nullptr}}},
                     {"data", {{"sum", 250}}}});
  const Json kept = bench.made(Json::object());
  CHECK(kept["outcome"] == "kept");
  CHECK(kept["data"] == kOrder["data"]);
  const Json failed = bench.made({{"body", "of ${/data/absent}"}});
  CHECK(failed == Json{{"outcome", "failed"}, {"why", "missing"}, {"failure", "there is nothing at /data/absent"}});
}

TEST_CASE("Try: a filter and a transformation at once") {
  Bench bench(false);
  const Answer both = bench.process->post(
      "/try", {{"filter", "data.total > 1000"}, {"transform", {{"project", {{"body", 1}}}}}, {"event", kOrder}});
  REQUIRE_MESSAGE(both.status == 200, both.body);
  CHECK(Json::parse(both.body)["filter"]["says"] == "no");
  CHECK(Json::parse(both.body)["transform"]["data"] == 1);
}

TEST_CASE("Try: on an event that has come, by its id") {
  Bench bench;
  bench.installation.cluster->put(Topic::events, 0, event_record({.id = "evt_1"}));
  REQUIRE(eventually([&] { return bench.process->get("/events/evt_1").status == 200; }));
  const auto attempt = [&](const char* filter) {
    return bench.process->post("/try", {{"filter", filter}, {"event_id", "evt_1"}});
  };
  const Answer answer = attempt("event.id == 'evt_1'");
  REQUIRE_MESSAGE(answer.status == 200, answer.body);
  CHECK(Json::parse(answer.body)["event_id"] == "evt_1");
  CHECK(Json::parse(answer.body)["filter"]["says"] == "yes");
  CHECK(Json::parse(attempt("event.id != 'evt_1'").body)["filter"]["says"] == "no");
  CHECK(bench.process->post("/try", {{"filter", "true"}, {"event_id", "evt_none"}}).status == 404);
}
