#include <doctest/doctest.h>

#include <atomic>
#include <mutex>

#include "common/log/names.hpp"
#include "gateway/stream/tail.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

using namespace certes;
using namespace certes::gateway::stream;
using fakes::eventually;
namespace names = log::names;

namespace {

struct Waited {
  Waited() { REQUIRE(log->prepare()); }

  void expect(WaiterId id, UnixMillis until = 1) {
    Waiter waiter;
    waiter.id = id;
    waiter.event_id = "evt_" + std::to_string(id);
    waiter.until = until;
    waiter.ready = [this](bool watched) { ++(watched ? ready : unready); };
    waiter.tell = [this](Verdict&& verdict) {
      const std::lock_guard lock(mutex);
      verdicts.push_back(std::move(verdict));
    };
    tail.expect(std::move(waiter));
    ++asked;
    REQUIRE(eventually([&] { return ready + unready == asked; }));  // before that nothing is appended
  }
  void attempt(WaiterId id, const char* outcome, int partition = 0, int term = 1, UnixMillis next_at = 0) {
    log::Record record;
    record.headers.add(names::kDelivery, "dlv_" + std::to_string(id));
    record.headers.add(names::kId, "evt_" + std::to_string(id));
    record.headers.add(names::kEndpoint, "billing");
    record.headers.add(names::kTerm, std::to_string(term));
    record.headers.add(names::kAttempt, "1");
    record.headers.add(names::kDeliveries, "1");
    record.headers.add(names::kOutcome, outcome);
    if (next_at != 0) record.headers.add(names::kNext, std::to_string(next_at));
    cluster->put(log::Topic::attempts, partition, std::move(record));
  }
  std::size_t told() {
    const std::lock_guard lock(mutex);
    return verdicts.size();
  }
  Verdict only(std::size_t count = 1) {
    REQUIRE(eventually([&] { return told() == count; }));
    const std::lock_guard lock(mutex);
    return verdicts.back();
  }

  std::shared_ptr<log::memory::Cluster> cluster = log::memory::make_cluster(log::memory::Options{});
  std::unique_ptr<log::Log> log = log::memory::make(cluster);
  std::atomic<int> ready{0}, unready{0};
  int asked = 0;
  std::mutex mutex;
  std::vector<Verdict> verdicts;  // guarded by mutex
  Unread unread{64u << 20};
  Tail tail{*log, unread, {}};
};

}  // namespace

TEST_CASE("Wait: told when the delivery has ended, however early its record came") {
  Waited on;
  on.attempt(1, "dead_lettered");  // of another life of that id: before it was asked for
  on.expect(1);
  on.attempt(1, "delivered");  // before the append's acknowledgement was seen
  on.tail.accepted(1, 0);
  const Verdict verdict = on.only();
  CHECK(verdict.waiter == 1);
  CHECK(verdict.over);
  CHECK(verdict.status == "delivered");
  CHECK(verdict.json.find(R"("endpoint":"billing","state":"delivered")") != std::string::npos);
}

TEST_CASE("Wait: those whose acknowledgement comes later miss nothing that was read for others") {
  Waited on;
  on.expect(1);
  on.expect(2);
  on.attempt(1, "delivered");
  on.attempt(2, "delivered");
  on.tail.accepted(2, 0);
  CHECK(on.only(1).waiter == 2);
  on.tail.accepted(1, 0);
  CHECK(on.only(2).waiter == 1);
}

TEST_CASE("Wait: told at once that the next attempt is too late to wait for") {
  Waited on;
  on.expect(1, 1'000);
  on.tail.accepted(1, 2);
  on.attempt(1, "retry", 2, 1, 5'000);
  const Verdict verdict = on.only();
  CHECK_FALSE(verdict.over);
  CHECK(verdict.status == "accepted");
  CHECK(verdict.json.find("retry_at") != std::string::npos);
}

TEST_CASE("Wait: a record behind a higher term is void") {
  Waited on;
  on.expect(1);
  on.tail.accepted(1, 0);
  on.attempt(7, "delivered", 0, 5);
  on.attempt(1, "dead_lettered", 0, 4);
  on.attempt(1, "delivered", 0, 5);
  CHECK(on.only().status == "delivered");
}

TEST_CASE("Wait: the term that holds is known though it began before anybody waited") {
  Waited on;
  on.attempt(7, "delivered", 0, 5);
  on.expect(1);
  on.tail.accepted(1, 0);
  on.attempt(1, "dead_lettered", 0, 4);  // of a former owner, late
  on.attempt(1, "delivered", 0, 5);
  CHECK(on.only().status == "delivered");
}

TEST_CASE("Wait: terms of a log that was replaced hold no longer") {
  Waited on;
  on.expect(1);
  on.expect(2);
  on.tail.accepted(1, 0);
  on.tail.accepted(2, 0);
  on.attempt(7, "delivered", 0, 5);
  on.attempt(2, "delivered", 0, 5);
  CHECK(on.only(1).waiter == 2);
  on.cluster->cut(log::Topic::attempts, 0, 0);
  on.attempt(1, "delivered", 0, 1);
  CHECK(on.only(2).waiter == 1);
}

TEST_CASE("Wait: who gives up is told what is known; who is forgotten, nothing") {
  Waited on;
  on.expect(1);
  on.expect(2);
  on.tail.accepted(1, 0);
  on.tail.accepted(2, 0);
  on.tail.forget(2);
  on.tail.give_up(1);
  const Verdict verdict = on.only();
  CHECK(verdict.waiter == 1);
  CHECK_FALSE(verdict.over);
  CHECK(verdict.json.empty());
}

TEST_CASE("Wait: at the end all are told, and nobody waits any more") {
  Waited on;
  on.expect(1);
  on.expect(2);
  on.tail.accepted(1, 0);
  on.tail.end_waits();
  CHECK(on.only(1).waiter == 1);
  on.tail.accepted(2, 1);
  CHECK(on.only(2).waiter == 2);
  on.expect(3);
  CHECK(on.unready == 1);
}
