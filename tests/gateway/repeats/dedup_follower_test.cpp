#include "gateway/repeats/dedup_follower.hpp"

#include <doctest/doctest.h>

#include "common/event/event.hpp"
#include "common/log/names.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

using namespace certes;
using certes::fakes::eventually;
using certes::gateway::ingest::DedupFollower;
using certes::gateway::ingest::DedupIndex;

namespace {

struct SetClock final : Clock {
  SteadyTime now() const override { return SteadyTime{std::chrono::hours{100}} + Millis{passed.load()}; }
  UnixMillis unix_millis() const override { return 1'700'000'000'000 + passed.load(); }
  std::atomic<std::int64_t> passed{0};
};

struct Fixture {
  Fixture() { REQUIRE(log->prepare()); }
  // Of a client's id, as another gateway would have it.
  void put(const std::string& client_id, const std::string& certes_id, std::int32_t partition = 0) {
    event::Event event;
    event.id = certes_id;
    event.client_id = client_id;
    event.client_gave_id = true;
    event.source = "/s";
    event.type = "a.b";
    cluster->put(log::Topic::events, partition, event::to_record(std::move(event)));
  }
  std::unique_ptr<DedupFollower> start(DedupFollower::Options options = {}) {
    return std::make_unique<DedupFollower>(*log, index, clock, metrics, options);
  }
  std::unique_ptr<DedupFollower> start_warm(DedupFollower::Options options = {}) {
    auto follower = start(options);
    REQUIRE(eventually([&] { return follower->warm(); }));
    return follower;
  }
  // The certes-id that a repeat would be answered with; empty: it is new.
  std::string first(const std::string& client_id) {
    const auto identity = event::identity("default", "/s", client_id);
    auto seen = index.begin(identity, "evt_probe", clock.now(), [](log::AppendOutcome) {});
    if (seen.state == DedupIndex::State::fresh)
      index.settle(identity, log::AppendOutcome::not_persisted, {}, clock.now());
    return seen.first_id;
  }

  SetClock clock;
  std::shared_ptr<log::memory::Cluster> cluster = log::memory::make_cluster({.partitions = 2, .clock = &clock});
  std::unique_ptr<log::Log> log = log::memory::make(cluster);
  DedupIndex index{1'000, Millis{60'000}};
  metrics::Metrics metrics;
};

}  // namespace

TEST_CASE("DedupFollower: is warm once it has read what was there, of all partitions") {
  Fixture f;
  f.put("1", "evt_1", 0);
  f.put("2", "evt_2", 1);
  f.put("1", "evt_1b", 0);
  const auto follower = f.start_warm({.window = Millis{60'000}});
  CHECK(f.first("1") == "evt_1");
  CHECK(f.first("2") == "evt_2");
  CHECK(f.first("3").empty());
  CHECK(f.metrics.text().find("certes_gateway_followed_records_total 3") != std::string::npos);
}

TEST_CASE("DedupFollower: is warm at once where there is nothing, and follows what comes") {
  Fixture f;
  const auto follower = f.start_warm();
  f.put("late", "evt_late");
  CHECK(eventually([&] { return f.first("late") == "evt_late"; }));
}

TEST_CASE("DedupFollower: told not to follow, it ends with what was there") {
  Fixture f;
  f.put("1", "evt_1");
  {
    const auto follower = f.start_warm({.follow = false});
    CHECK(f.first("1") == "evt_1");
    f.put("2", "evt_2");
  }
  CHECK(f.first("2").empty());
}

TEST_CASE("DedupFollower: reads no more than so many records back, and none before the window") {
  Fixture f;
  for (int i = 0; i < 10; ++i) f.put(std::to_string(i), "evt_" + std::to_string(i));
  {
    const auto follower = f.start_warm({.read_back = {3}});
    CHECK(f.first("6").empty());
    CHECK(f.first("7") == "evt_7");
  }
  Fixture g;
  g.put("old", "evt_old");
  g.clock.passed += 60'000;
  g.put("new", "evt_new");
  const auto follower = g.start_warm({.window = Millis{59'000}});
  CHECK(g.first("old").empty());
  CHECK(g.first("new") == "evt_new");
}

TEST_CASE("DedupFollower: of a past that weighs too much it reads the newest, and then follows") {
  Fixture f;
  for (int i = 0; i < 4'000; ++i) f.put(std::to_string(i), "evt_" + std::to_string(i));
  const auto follower = f.start_warm({.read_back = {100'000, 300'000}});
  CHECK(f.first("2000").empty());
  CHECK(f.first("3999") == "evt_3999");
  f.put("late", "evt_late");
  CHECK(eventually([&] { return f.first("late") == "evt_late"; }));
}

TEST_CASE("DedupFollower: told to read nothing back, it knows only what comes") {
  Fixture f;
  f.put("1", "evt_1");
  const auto follower = f.start_warm({.read_back = {0}});
  CHECK(f.first("1").empty());
  f.put("2", "evt_2");
  CHECK(eventually([&] { return f.first("2") == "evt_2"; }));
}

TEST_CASE("DedupFollower: passes over records that take no part") {
  Fixture f;
  const auto put = [&](std::initializer_list<std::pair<std::string_view, std::string_view>> headers) {
    log::Record record;
    for (const auto& [name, value] : headers) record.headers.add(name, value);
    f.cluster->put(log::Topic::events, 0, std::move(record));
  };
  namespace names = log::names;
  put({{"ce_id", "1"}, {"ce_source", "/s"}, {names::kTenant, "default"}});                         // foreign
  put({{names::kId, "evt_2"}, {"ce_id", "2"}, {"ce_source", "/s"}, {names::kTenant, "default"}});  // no id
  put({{names::kId, "evt_3"},
       {"ce_id", "3"},
       {"ce_source", "/s"},
       {names::kTenant, "default"},
       {names::kClientId, "1"},
       {names::kReplay, "rpl_1"}});  // replay
  put({{names::kId, std::string(64, 'x')},
       {"ce_id", "4"},
       {"ce_source", "/s"},
       {names::kTenant, "default"},
       {names::kClientId, "1"}});  // no id of ours
  put({});
  f.put("5", "evt_5");
  const auto follower = f.start_warm();
  for (const char* id : {"1", "2", "3", "4"}) CHECK(f.first(id).empty());
  CHECK(f.first("5") == "evt_5");
}

TEST_CASE("DedupFollower: goes on where the log has been trimmed under it") {
  Fixture f;
  const auto follower = f.start_warm();
  f.put("1", "evt_1");
  REQUIRE(eventually([&] { return f.first("1") == "evt_1"; }));
  f.put("2", "evt_2");
  REQUIRE(f.log->trim(log::Topic::events, 0, 2, Millis{1'000}));
  f.put("3", "evt_3");
  CHECK(eventually([&] { return f.first("3") == "evt_3"; }));
}
