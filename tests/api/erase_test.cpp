#include <doctest/doctest.h>

#include "api/erase/erased.hpp"
#include "api/history/erased.hpp"
#include "common/base/ids.hpp"
#include "tests/api/fixture.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::testing;
using namespace certes::api::history::testing;
using certes::fakes::eventually;
using log::Topic;

namespace {

constexpr const char* kSubject = "jane.roe@example.com";

log::Record with_subject(log::Record record, std::string_view subject = kSubject) {
  record.headers.add("ce_subject", subject);
  return record;
}

// certes.delivery.dead_lettered of an event.
log::Record notice_of(const std::string& event) {
  EventText text{.id = "evt_notice", .type = "certes.delivery.dead_lettered", .source = "/certes"};
  text.data =
      Json{{"tenant", "default"}, {"event", {{"id", event}, {"source", "/shop"}, {"subject", kSubject}}}}.dump();
  return event_record(text);
}

registry::Job erasure(const api::ErasureMacs& macs, const std::string& event) {
  registry::Job job;
  job.tenant = "default";
  job.kind = registry::JobKind::erase;
  job.filter.event_hash = macs.of_event("default", event);
  return job;
}

struct Fixture {
  Fixture() {
    api = std::make_unique<Process>(installation, true, [&](config::Settings& settings) {
      settings.history.dir = directory.path();
      settings.jobs.progress_every = Millis{100};
    });
    api->key = *api::ensure_admin_key(api->registry, api->settings);
  }
  std::int64_t put(Topic topic, std::int32_t partition, log::Record record) {
    const std::int64_t at = installation.cluster->range(topic, partition).end;
    installation.cluster->put(topic, partition, std::move(record));
    return at;
  }
  void settle(const std::string& last) {
    REQUIRE(eventually([&] { return api->get("/events/" + last).status == 200; }));
  }
  bool is_there(Topic topic, std::int32_t partition, std::int64_t offset) const {
    return installation.cluster->at(topic, partition, offset) != nullptr;
  }

  test::TemporaryDirectory directory;
  Installation installation;
  std::unique_ptr<Process> api;
};

}  // namespace

TEST_CASE("Erase: what a subject's events have left goes, on every topic, and what is another's stays") {
  Fixture f;
  const auto mine = f.put(Topic::events, 1, with_subject(event_record({.id = "evt_mine"})));
  const auto others = f.put(Topic::events, 1, with_subject(event_record({.id = "evt_others"}), "john"));
  const auto source = f.put(Topic::events, 1, with_subject(event_record({.id = "evt_source", .source = "/crm"})));
  const auto tenant = f.put(Topic::events, 1, with_subject(event_record({.id = "evt_tenant", .tenant = "acme"})));
  const auto replay = f.put(
      Topic::events, 1, with_subject(event_record({.id = "evt_mine", .replay = "rpl_letter_1-0", .endpoint = "x"})));
  const auto notice = f.put(Topic::events, 1, notice_of("evt_mine"));
  const auto tried =
      f.put(Topic::attempts, 1, attempt_record({.origin = "1:" + std::to_string(mine), .answer = "jane"}));
  const auto others_tried = f.put(Topic::attempts, 1, attempt_record({.origin = "1:" + std::to_string(others)}));
  const auto letter = f.put(Topic::dead_letters, 1,
                            with_subject(letter_record({.origin = "1:" + std::to_string(mine), .event = "evt_mine"})));
  f.put(Topic::events, 2, with_subject(event_record({.id = "evt_gone"})));
  f.settle("evt_gone");
  REQUIRE(f.installation.open()->trim(Topic::events, 2, 1, Millis(1'000)));  // the index alone knows it now
  const auto old_letter =
      f.put(Topic::dead_letters, 2, with_subject(letter_record({.origin = "2:0", .event = "evt_gone"})));
  const auto others_letter = f.put(Topic::dead_letters, 1, letter_record({.origin = "1:" + std::to_string(others)}));
  f.settle("evt_others");
  REQUIRE(eventually([&] { return f.api->get("/dead-letters").json["items"].size() == 3; }));
  const Json asked = {{"source", "/shop"}, {"subject", kSubject}};
  const auto counted = f.api->post("/erase?dry_run=true", asked);
  CHECK(counted.json["count"] == 4);
  CHECK(counted.json["complete"] == true);
  CHECK(f.is_there(Topic::events, 1, mine));

  const Json job = f.api->job("/erase", asked);
  CHECK_MESSAGE(job["state"] == "done", job.dump());
  CHECK(job["kind"] == "erase");
  CHECK(job["done"] == 5);  // two letters, two events, and what told of one
  CHECK(job["waiting"] == 0);
  CHECK(job["filter"]["subject_hash"] == counted.json["hash"]);
  CHECK(job.dump().find("jane") == std::string::npos);
  for (const std::int64_t gone : {mine, replay, notice}) CHECK_FALSE(f.is_there(Topic::events, 1, gone));
  for (const std::int64_t stays : {others, source, tenant}) CHECK(f.is_there(Topic::events, 1, stays));
  CHECK_FALSE(f.is_there(Topic::attempts, 1, tried));
  CHECK(f.is_there(Topic::attempts, 1, others_tried));
  CHECK_FALSE(f.is_there(Topic::dead_letters, 1, letter));
  CHECK_FALSE(f.is_there(Topic::dead_letters, 2, old_letter));
  CHECK(f.is_there(Topic::dead_letters, 1, others_letter));
  CHECK(f.api->get("/events/evt_mine").status == 404);
  CHECK(f.api->get("/events/evt_others").status == 200);
  CHECK(f.api->get("/dead-letters?event=evt_mine").json["items"].empty());
}

TEST_CASE("Erase: an event is erased by its id, and another of the same subject is not") {
  Fixture f;
  const auto mine = f.put(Topic::events, 0, with_subject(event_record({.id = "evt_1"})));
  const auto same = f.put(Topic::events, 0, with_subject(event_record({.id = "evt_2"})));
  f.settle("evt_2");
  CHECK(f.api->job("/erase", {{"event", "evt_1"}})["done"] == 1);
  CHECK_FALSE(f.is_there(Topic::events, 0, mine));
  CHECK(f.is_there(Topic::events, 0, same));
  CHECK(f.api->job("/erase", {{"event", "evt_1"}})["done"] == 0);
}

TEST_CASE("Erase: it is said what, never everything") {
  Fixture f;
  for (const Json& wrong : {Json::object(), Json{{"source", "/shop"}}, Json{{"subject", "x"}}, Json{{"all", true}},
                            Json{{"event", "evt_1"}, {"subject", "x"}}})
    CHECK_MESSAGE(f.api->post("/erase", wrong).status == 400, wrong.dump());
}

TEST_CASE("Erase: a MAC is of the tenant, and says nothing without the key") {
  const auto make = [] { return std::move(*crypto::Sealer::make({crypto::Sealer::new_key()})); };
  const crypto::Sealer one = make(), other = make();
  const api::ErasureMacs macs(one), others(other);
  const std::string mac = macs.of_subject("default", "/shop", "jane");
  CHECK(mac.size() == 64);
  CHECK(macs.is_subject(mac, "default", "/shop", "jane"));
  CHECK_FALSE(macs.is_subject(mac, "acme", "/shop", "jane"));
  CHECK_FALSE(macs.is_subject(mac, "default", "/shop", "jan"));
  CHECK_FALSE(macs.is_event(mac, "default", "/shop\njane"));
  CHECK_FALSE(others.is_subject(mac, "default", "/shop", "jane"));
}

TEST_CASE("Erase: an id says when its event was accepted") {
  SystemClock clock;
  IdGenerator ids(clock);
  const UnixMillis before = clock.unix_millis();
  const auto at = api::accepted_at(ids.next("evt_"));
  REQUIRE(at);
  CHECK(*at >= before);
  CHECK(*at <= clock.unix_millis());
  CHECK_FALSE(api::accepted_at("evt_1"));
  CHECK_FALSE(api::accepted_at("job_01J00000000000000000000000"));
}

TEST_CASE("Erase: of a subject what was accepted after the job was made is not erased, copies of the rest are") {
  const crypto::Sealer sealer = std::move(*crypto::Sealer::make({crypto::Sealer::new_key()}));
  const api::ErasureMacs macs(sealer);
  registry::Job job = erasure(macs, "");
  job.filter = {};
  job.filter.subject_hash = macs.of_subject("default", "/shop", kSubject);
  SystemClock clock;
  IdGenerator ids(clock);
  const std::string before = ids.next("evt_");
  job.filter.to = *api::accepted_at(before) + 1;
  const api::Erased erased(job, macs);
  const auto record = [&](const std::string& id) {
    return stored(Topic::events, 0, 1, with_subject(event_record({.id = id})), job.filter.to + 1'000'000);
  };
  CHECK(erased.has(record(before)));  // appended late, as a replay is
  job.filter.to = *api::accepted_at(before);
  CHECK_FALSE(api::Erased(job, macs).has(record(before)));
}

TEST_CASE("Erase: places are read from a record, and of letters those below it") {
  log::Record record;
  record.headers.add(api::history::kErasedEvents, "3 9 x -1");
  record.headers.add(api::history::kErasedLetters, "1 5");
  const auto places = api::history::erased_by(stored(Topic::dead_letters, 0, 5, std::move(record)));
  CHECK(places.events == std::vector<std::int64_t>{3, 9});
  CHECK(places.letters == std::vector<std::int64_t>{1});
}
