// Repeats of events that nobody received, over a log in memory whose dead letters are put there by hand.
#include "gateway/repeats/redeliveries.hpp"

#include <doctest/doctest.h>

#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "gateway/repeats/undelivered.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

using namespace certes;
using certes::fakes::eventually;
using certes::gateway::ingest::Redeliveries;
using certes::gateway::ingest::Undelivered;
namespace names = certes::log::names;

namespace {

constexpr UnixMillis kNow = 1'700'000'000'000;

struct SetClock final : Clock {
  SteadyTime now() const override { return SteadyTime{std::chrono::hours{100}} + Millis{passed.load()}; }
  UnixMillis unix_millis() const override { return kNow + passed.load(); }
  std::atomic<std::int64_t> passed{0};
};

struct Letter {
  std::string id = "evt_1";
  std::string undelivered = "billing,shipping";
  std::int64_t term = 1;
  std::int32_t partition = 1;
  bool hollow = false;
  std::string stamp = {};
};

struct Fixture {
  Fixture() { REQUIRE(log->prepare()); }
  void put(const Letter& letter) {
    log::Record record;
    record.key = "key";
    record.value = "{\"n\":1}";
    auto& headers = record.headers;
    headers.add(names::kId, letter.id);
    headers.add("ce_specversion", "1.0");
    headers.add("ce_id", "order-7");
    headers.add("ce_source", "/s");
    headers.add("ce_type", "order.created");
    headers.add(names::kTenant, "acme");
    headers.add(names::kClientId, "1");
    headers.add(names::kDelivery, "dlv_1");
    headers.add(names::kEndpoint, "shipping");
    headers.add(names::kAttempts, "3");
    headers.add(names::kRule, "status_400");
    headers.add(names::kError, "400");
    headers.add(names::kOrigin, "1:0");
    headers.add(names::kTerm, std::to_string(letter.term));
    if (!letter.stamp.empty()) headers.add(names::kRegistry, letter.stamp);
    if (letter.hollow) headers.add(names::kPayload, "dropped");
    if (!letter.undelivered.empty()) headers.add(event::kUndelivered, letter.undelivered);
    cluster->put(log::Topic::dead_letters, letter.partition, std::move(record));
  }
  std::int64_t events(std::int32_t partition = 1) const { return cluster->range(log::Topic::events, partition).end; }
  log::RecordPtr event(std::int64_t offset) const { return cluster->at(log::Topic::events, 1, offset); }
  std::unique_ptr<Redeliveries> start(Redeliveries::Options options = {}) {
    return std::make_unique<Redeliveries>(*log, clock, metrics, options);
  }
  bool counts(const std::string& line) const {
    return eventually([&] { return metrics.text().find(line) != std::string::npos; });
  }
  Undelivered undelivered(std::size_t most = 100) {
    Undelivered::Options options;
    options.window = Millis{60'000};
    options.most_ids = most;
    return {*log, clock, options};
  }

  SetClock clock;
  std::shared_ptr<log::memory::Cluster> cluster = log::memory::make_cluster({.partitions = 2, .clock = &clock});
  std::unique_ptr<log::Log> log = log::memory::make(cluster);
  metrics::Metrics metrics;
};

}  // namespace

TEST_CASE("Redeliveries: the event goes out again, to the endpoints that its dead letter names") {
  Fixture f;
  f.put({});
  const auto redeliveries = f.start();
  redeliveries->repeated(1, "evt_1");
  REQUIRE(eventually([&] { return f.events() == 1; }));
  const auto record = f.event(0);
  const auto& headers = record->headers;
  CHECK(record->value == "{\"n\":1}");
  CHECK(record->key == "key");
  CHECK(headers.get(names::kId) == "evt_1");
  CHECK(headers.get("ce_id") == "order-7");
  CHECK(headers.get(names::kTenant) == "acme");
  CHECK(headers.get(names::kReplay) == event::redelivery_id(1, 0));
  CHECK(headers.get(names::kEndpoint) == "billing,shipping");
  for (const auto name : {names::kDelivery, names::kAttempts, names::kRule, names::kError, names::kOrigin, names::kTerm,
                          names::kPayload, event::kUndelivered})
    CHECK_FALSE(headers.find(name));
  CHECK(f.counts(R"(certes_gateway_redeliveries_total{outcome="replayed"} 1)"));
}

TEST_CASE("Redeliveries: its stamp is of when it goes out again") {
  Fixture f;
  f.put({.stamp = "3"});
  std::int64_t position = 17;
  const auto redeliveries = f.start({.registry = [&] { return position; }});
  redeliveries->repeated(1, "evt_1");
  REQUIRE(eventually([&] { return f.events() == 1; }));
  std::size_t stamps = 0;
  for (const auto header : f.event(0)->headers) stamps += header.name == names::kRegistry ? 1 : 0;
  CHECK(stamps == 1);
  CHECK(event::stamp_of(*f.event(0)) == 17);
}

TEST_CASE("Redeliveries: an event whose dead letter has lost its payload is not sent without one") {
  Fixture f;
  f.put({.hollow = true});
  const auto redeliveries = f.start();
  redeliveries->repeated(1, "evt_1");
  REQUIRE(f.counts(R"(certes_gateway_redeliveries_total{outcome="failed"} 1)"));
  CHECK(f.events() == 0);
}

TEST_CASE("Redeliveries: once for each time that it came to nothing") {
  Fixture f;
  f.put({});
  const auto redeliveries = f.start();
  redeliveries->repeated(1, "evt_1");
  REQUIRE(f.counts(R"(certes_gateway_redeliveries_total{outcome="replayed"} 1)"));
  redeliveries->repeated(1, "evt_1");
  f.put({.id = "evt_2"});
  redeliveries->repeated(1, "evt_2");
  REQUIRE(f.counts(R"(certes_gateway_redeliveries_total{outcome="replayed"} 2)"));
  CHECK(f.events() == 2);
  f.put({.undelivered = "billing"});
  redeliveries->repeated(1, "evt_1");
  REQUIRE(f.counts(R"(certes_gateway_redeliveries_total{outcome="replayed"} 3)"));
  CHECK(f.events() == 3);
  CHECK(f.event(2)->headers.get(names::kEndpoint) == "billing");
  CHECK(f.event(2)->headers.get(names::kReplay) == event::redelivery_id(1, 2));
}

TEST_CASE("Redeliveries: two gateways make the same replay, with the same identity") {
  Fixture f;
  f.put({});
  const auto dead_letter = f.cluster->at(log::Topic::dead_letters, 1, 0);
  const auto one = gateway::ingest::redelivery(*dead_letter);
  const auto other = gateway::ingest::redelivery(*dead_letter);
  CHECK(one.identity);
  CHECK(one.identity == other.identity);
  CHECK(one.identity == event::replay_identity("acme", event::redelivery_id(1, 0), "evt_1"));
  CHECK_FALSE(one.identity == event::identity("acme", "/s", "order-7"));
}

TEST_CASE("Redeliveries: what waits is bounded, and the rest is counted") {
  Fixture f;
  const auto redeliveries = f.start({.most_waiting = 0});
  redeliveries->repeated(1, "evt_1");
  CHECK(f.counts(R"(certes_gateway_redeliveries_total{outcome="skipped"} 1)"));
}

TEST_CASE("Undelivered: knows the newest dead letter that says so, of the partition that was asked for") {
  Fixture f;
  auto undelivered = f.undelivered();
  f.put({});
  f.put({.undelivered = ""});
  f.put({});
  f.put({.id = "evt_2", .undelivered = ""});
  f.put({.id = "evt_3", .partition = 0});
  REQUIRE(undelivered.refresh(1));
  CHECK(undelivered.find("evt_1") == Undelivered::Place{1, 2});
  CHECK_FALSE(undelivered.find("evt_2"));
  CHECK_FALSE(undelivered.find("evt_3"));
  f.put({.id = "evt_2"});
  CHECK_FALSE(undelivered.find("evt_2"));
  REQUIRE(undelivered.refresh(1));
  CHECK(undelivered.find("evt_2") == Undelivered::Place{1, 4});
  const auto record = undelivered.read({1, 4});
  REQUIRE(record);
  CHECK((*record)->headers.get(names::kId) == "evt_2");
  undelivered.forget("evt_2");
  REQUIRE(undelivered.refresh(1));
  CHECK_FALSE(undelivered.find("evt_2"));
}

TEST_CASE("Undelivered: what stands behind a higher term is void") {
  Fixture f;
  auto undelivered = f.undelivered();
  f.put({.id = "evt_1", .term = 3});
  f.put({.id = "evt_2", .term = 2});
  f.put({.id = "evt_3", .term = 3});
  REQUIRE(undelivered.refresh(1));
  CHECK(undelivered.find("evt_1"));
  CHECK_FALSE(undelivered.find("evt_2"));
  CHECK(undelivered.find("evt_3"));
}

TEST_CASE("Undelivered: a term that began before the window holds in it") {
  Fixture f;
  f.put({.id = "evt_old", .term = 5});
  f.clock.passed = 600'000;
  f.put({.id = "evt_late", .term = 4});
  f.put({.id = "evt_new", .term = 5});
  auto undelivered = f.undelivered();
  REQUIRE(undelivered.refresh(1));
  CHECK_FALSE(undelivered.find("evt_old"));
  CHECK_FALSE(undelivered.find("evt_late"));
  CHECK(undelivered.find("evt_new"));
}

TEST_CASE("Undelivered: begins where the window does, and keeps so many") {
  Fixture f;
  f.put({.id = "old"});
  f.clock.passed = 60'001;
  for (const char* id : {"evt_1", "evt_2", "evt_1", "evt_3"}) f.put({.id = id});
  auto undelivered = f.undelivered(2);
  REQUIRE(undelivered.refresh(1));
  CHECK_FALSE(undelivered.find("old"));
  CHECK_FALSE(undelivered.find("evt_2"));
  CHECK(undelivered.find("evt_1") == Undelivered::Place{1, 3});
  CHECK(undelivered.find("evt_3") == Undelivered::Place{1, 4});
  CHECK(undelivered.size() == 2);
}

TEST_CASE("Undelivered: of a partition that there is not, nothing is known") {
  Fixture f;
  auto undelivered = f.undelivered();
  CHECK(undelivered.refresh(7));
  CHECK(undelivered.refresh(-1));
  CHECK_FALSE(undelivered.find("evt_1"));
}
