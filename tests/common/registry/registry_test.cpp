#include "common/registry/registry.hpp"

#include <doctest/doctest.h>

#include <future>

#include "common/log/sqlite/connection.hpp"
#include "common/log/sqlite/sqlite_log.hpp"
#include "common/registry/resource_json.hpp"
#include "tests/common/registry/fixture.hpp"
#include "tests/fakes/counting_log.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::registry;
using namespace certes::registry::testing;

namespace {

constexpr Millis kLong{20'000};

StatePtr fenced(Registry& registry) {
  auto promise = std::make_shared<std::promise<StatePtr>>();
  auto state = promise->get_future();
  registry.fence([promise](StatePtr reached) { promise->set_value(std::move(reached)); });
  REQUIRE(state.wait_for(kLong) == std::future_status::ready);
  return state.get();
}

std::string text_of(const State& state) {
  std::string text;
  for (const auto& [name, e] : state.endpoints) text += name + " " + shown_json(*e) + stored_json(*e) + "\n";
  for (const auto& [name, s] : state.subscriptions) text += name + " " + shown_json(*s) + stored_json(*s) + "\n";
  return text;
}

// One process.
struct Process {
  explicit Process(const std::shared_ptr<log::memory::Cluster>& cluster, std::uint64_t number)
      : log(log::memory::make(cluster, number)), registry((prepare(), *log), clock) {}
  void prepare() { REQUIRE(log->prepare()); }
  SystemClock clock;
  std::unique_ptr<log::Log> log;
  Registry registry;
};

// Many changes, not one after the other.
int propose_all(Registry& registry, const std::vector<Change>& changes) {
  auto applied = std::make_shared<std::atomic<int>>(0);
  auto left = std::make_shared<std::atomic<std::size_t>>(changes.size());
  auto done = std::make_shared<std::promise<void>>();
  for (const Change& c : changes) {
    registry.propose_async(c, kLong, [=](Result<Decision> decision) {
      *applied += decision.has_value();
      if (--*left == 0) done->set_value();
    });
  }
  REQUIRE(done->get_future().wait_for(kLong) == std::future_status::ready);
  return *applied;
}

std::vector<Change> endpoint_changes(int count, int ids, std::size_t url_bytes = 0) {
  std::vector<Change> changes;
  for (int i = 0; i < count; ++i) {
    changes.push_back(
        put_endpoint("e" + std::to_string(i % ids), "http://" + std::to_string(i) + "/" + std::string(url_bytes, 'a')));
  }
  return changes;
}

// Takes little at a time, and counts what it refused for that.
class NarrowLog : public fakes::CountingLog {
 public:
  using CountingLog::CountingLog;
  std::atomic<std::size_t> refused{0};
  std::unique_ptr<log::Appender> appender(log::AppenderOptions options, log::Wake wake) override {
    options.queue_bytes = 1u << 20;
    return std::make_unique<Appender>(*this, CountingLog::appender(options, std::move(wake)));
  }

 private:
  class Appender final : public log::Appender {
   public:
    Appender(NarrowLog& log, std::unique_ptr<log::Appender> appender) : log_(log), appender_(std::move(appender)) {}
    Result<void> append(log::Topic topic, std::int32_t partition, log::Record&& record,
                        log::AppendCallback done) override {
      auto taken = appender_->append(topic, partition, std::move(record), std::move(done));
      log_.refused += !taken;
      return taken;
    }
    void flush() override { appender_->flush(); }
    void poll() override { appender_->poll(); }
    std::size_t pending() const override { return appender_->pending(); }

   private:
    NarrowLog& log_;
    std::unique_ptr<log::Appender> appender_;
  };
};

// Does not store the first chunk of the first snapshot, and says so later.
class LossyLog : public fakes::CountingLog {
 public:
  using CountingLog::CountingLog;
  std::atomic<bool> lost{false}, ended{false};  // a chunk; the end of its snapshot was appended
  std::unique_ptr<log::Appender> appender(log::AppenderOptions options, log::Wake wake) override {
    return std::make_unique<Appender>(*this, CountingLog::appender(options, std::move(wake)));
  }

 private:
  class Appender final : public log::Appender {
   public:
    Appender(LossyLog& log, std::unique_ptr<log::Appender> appender) : log_(log), appender_(std::move(appender)) {}
    Result<void> append(log::Topic topic, std::int32_t partition, log::Record&& record,
                        log::AppendCallback done) override {
      const Record entry = decode(record.value);
      if (const auto* chunk = std::get_if<SnapshotChunk>(&entry); chunk && !log_.lost.exchange(true)) {
        snapshot_ = chunk->snapshot;
        done_ = std::move(done);
        return {};
      }
      if (const auto* end = std::get_if<SnapshotEnd>(&entry); end && end->snapshot == snapshot_) log_.ended = true;
      return appender_->append(topic, partition, std::move(record), std::move(done));
    }
    void flush() override { appender_->flush(); }
    void poll() override {
      appender_->poll();
      if (!done_ || ++polls_ < 3) return;
      log::AppendResult result;
      result.outcome = log::AppendOutcome::not_persisted;
      std::exchange(done_, nullptr)(std::move(result));
    }
    std::size_t pending() const override { return appender_->pending(); }

   private:
    LossyLog& log_;
    std::unique_ptr<log::Appender> appender_;
    std::string snapshot_;
    log::AppendCallback done_;
    int polls_ = 0;
  };
};

// Says once that the registry ends further on than it does, as it did before it was cut.
class BeforeCut : public fakes::CountingLog {
 public:
  using CountingLog::CountingLog;
  std::atomic<std::int64_t> beyond{0};
  std::atomic<int> asked{0};
  Result<log::OffsetRange> offsets(log::Topic topic, std::int32_t partition, Millis timeout) override {
    auto range = CountingLog::offsets(topic, partition, timeout);
    if (range) range->end += beyond.exchange(0);
    ++asked;
    return range;
  }
  std::string_view engine() const override { return "kafka"; }  // whose end has to be asked for
};

}  // namespace

TEST_CASE("Registry: what one process changes, another has after its fence") {
  auto cluster = log::memory::make_cluster({});
  Process one(cluster, 1);
  Process two(cluster, 2);
  for (int i = 0; i < 200; ++i) {
    const std::string id = "e" + std::to_string(i);
    const auto decision = one.registry.propose(put_endpoint(id), kLong);
    REQUIRE(decision);
    CHECK(decision->version == 1);
    REQUIRE(one.registry.state()->endpoint("default", id));
    REQUIRE(fenced(two.registry)->endpoint("default", id));
  }
  CHECK(two.registry.caught_up());
}

TEST_CASE("Registry: of two processes that change one version at once, one gets a conflict, and nothing is lost") {
  auto cluster = log::memory::make_cluster({});
  Process one(cluster, 1);
  Process two(cluster, 2);
  REQUIRE(one.registry.propose(put_endpoint("a"), kLong));
  for (std::int64_t version = 1; version <= 50; ++version) {
    Change first = put_endpoint("a", "http://one/");
    Change second = put_endpoint("a", "http://two/");
    first.based_on = second.based_on = version;
    auto other = std::async(std::launch::async, [&] { return two.registry.propose(second, kLong); });
    const auto mine = one.registry.propose(first, kLong);
    const auto theirs = other.get();
    REQUIRE(mine.has_value() != theirs.has_value());
    CHECK((mine ? theirs : mine).error().code == Code::conflict);
    CHECK(fenced(one.registry)->endpoint("default", "a")->url == (mine ? "http://one/" : "http://two/"));
  }
  CHECK(text_of(*fenced(one.registry)) == text_of(*fenced(two.registry)));
}

TEST_CASE("Registry: refusals come with code and place") {
  auto cluster = log::memory::make_cluster({});
  Process one(cluster, 1);
  CHECK(one.registry.propose(put_subscription("s", "none"), kLong).error().code == Code::conflict);
  CHECK(one.registry.propose(change(Change::Op::remove, "endpoints", "a"), kLong).error().code == Code::not_found);
  CHECK(one.registry.propose(change(Change::Op::put, "endpoints", "a", "["), kLong).error().code == Code::invalid);
}

TEST_CASE("Registry: observers see each change") {
  auto cluster = log::memory::make_cluster({});
  Process one(cluster, 1);
  fenced(one.registry);
  std::promise<StatePtr> seen;
  one.registry.on_change([&](StatePtr state) {
    if (state->endpoint("default", "a")) seen.set_value(state);
  });
  REQUIRE(one.registry.propose(put_endpoint("a"), kLong));
  CHECK(seen.get_future().wait_for(kLong) == std::future_status::ready);
}

TEST_CASE("Registry: the log is cut behind a snapshot, and who starts then equals who was there") {
  auto cluster = log::memory::make_cluster({});
  Process one(cluster, 1);
  Process two(cluster, 2);
  CHECK(propose_all(one.registry, endpoint_changes(1'500, 7, 1'000)) == 1'500);
  REQUIRE(one.registry.propose(put_subscription("s", "e1"), kLong));
  // The snapshot is written and the log cut while changes go on.
  for (int i = 0; i < 200 && cluster->range(log::Topic::registry, 0).start == 0; ++i) {
    CHECK(propose_all(two.registry, endpoint_changes(20, 5)) == 20);
  }
  REQUIRE(cluster->range(log::Topic::registry, 0).start > 0);
  Process late(cluster, 3);
  const std::string expected = text_of(*fenced(one.registry));
  CHECK(text_of(*fenced(late.registry)) == expected);
  CHECK(text_of(*fenced(two.registry)) == expected);
  CHECK(late.registry.propose(put_endpoint("e0"), kLong));
  CHECK(text_of(*fenced(late.registry)) == text_of(*fenced(two.registry)));
}

TEST_CASE("Registry: a log that became shorter is read afresh") {
  auto cluster = log::memory::make_cluster({});
  Process one(cluster, 1);
  CHECK(propose_all(one.registry, endpoint_changes(10, 10)) == 10);
  cluster->cut(log::Topic::registry, 0, 5);
  CHECK(fenced(one.registry)->endpoints.size() == 5);
  CHECK(one.registry.propose(put_endpoint("new"), kLong));
  CHECK(fenced(one.registry)->endpoints.size() == 6);
}

TEST_CASE("Registry: the state of a log that became shorter is newer than the one before") {
  auto cluster = log::memory::make_cluster({});
  Process one(cluster, 1);
  CHECK(propose_all(one.registry, endpoint_changes(10, 10)) == 10);
  const StatePtr before = fenced(one.registry);
  cluster->cut(log::Topic::registry, 0, 5);
  const StatePtr after = fenced(one.registry);
  CHECK(after->position == 5);
  CHECK(after->number > before->number);
}

TEST_CASE("Registry: who waits for what was cut off the log does not wait for ever") {
  auto cluster = log::memory::make_cluster({});
  SystemClock clock;
  const auto whole = log::memory::make(cluster, 1);
  BeforeCut log(*whole);
  REQUIRE(log.prepare());
  Registry registry(log, clock);
  CHECK(propose_all(registry, endpoint_changes(10, 10)) == 10);
  fenced(registry);
  log.beyond = 5;
  const int asked = log.asked;
  auto reached = std::make_shared<std::promise<StatePtr>>();
  auto state = reached->get_future();
  registry.fence([reached](StatePtr at) { reached->set_value(std::move(at)); });
  REQUIRE(fakes::eventually([&] { return log.asked > asked; }));
  cluster->cut(log::Topic::registry, 0, 5);
  fenced(registry);
  REQUIRE(state.wait_for(kLong) == std::future_status::ready);
  CHECK(state.get()->endpoints.size() == 5);
}

TEST_CASE("Registry: a snapshot of any size is written, as fast as the log takes it") {
  auto cluster = log::memory::make_cluster({});
  SystemClock clock;
  const auto whole = log::memory::make(cluster, 1);
  NarrowLog log(*whole);
  REQUIRE(log.prepare());
  Registry registry(log, clock);
  constexpr std::size_t kUrl = 100'000;
  int last = 0;
  const auto start = [&] { return cluster->range(log::Topic::registry, 0).start; };
  for (; last < 400 && start() == 0; ++last)
    REQUIRE(registry.propose(
        put_endpoint("e" + std::to_string(last % 30), "http://" + std::to_string(last) + "/" + std::string(kUrl, 'a')),
        kLong));
  REQUIRE(fakes::eventually([&] { return start() > 0; }));
  CHECK(log.refused == 0);
  Process late(cluster, 2);
  CHECK(text_of(*fenced(late.registry)) == text_of(*fenced(registry)));
  CHECK(late.registry.state()->endpoints.size() == 30);
}

TEST_CASE("Registry: a snapshot of which a part was not stored has no end, and another one follows") {
  auto cluster = log::memory::make_cluster({});
  SystemClock clock;
  const auto whole = log::memory::make(cluster, 1);
  LossyLog log(*whole);
  REQUIRE(log.prepare());
  Registry registry(log, clock, {.audit_entries = 10});
  const auto start = [&] { return cluster->range(log::Topic::registry, 0).start; };
  for (int i = 0; i < 50 && start() == 0; ++i) CHECK(propose_all(registry, endpoint_changes(100, 7, 1'000)) == 100);
  REQUIRE(fakes::eventually([&] { return start() > 0; }));
  CHECK(log.lost);
  CHECK_FALSE(log.ended);
}

TEST_CASE("Registry: a log cut without a snapshot is said, not followed") {
  auto cluster = log::memory::make_cluster({});
  {
    Process one(cluster, 1);
    CHECK(propose_all(one.registry, endpoint_changes(10, 10)) == 10);
  }
  REQUIRE(log::memory::make(cluster, 2)->trim(log::Topic::registry, 0, 5, kLong));
  Process late(cluster, 3);
  CHECK_FALSE(late.registry.propose(put_endpoint("a"), Millis(1'000)));
  CHECK_FALSE(late.registry.caught_up());
  REQUIRE(late.registry.failure());
  CHECK(late.registry.failure()->message.find("no whole snapshot") != std::string::npos);
}

TEST_CASE("Registry: what was decided is there when the embedded log is opened again") {
  const test::TemporaryDirectory directory;
  SystemClock clock;
  log::sqlite::Options options;
  options.directory = directory.path();
  options.reserve_bytes = 0;
  std::string before;
  std::vector<AuditEntry> trail;
  AuditQuery query;
  query.limit = 5'000;
  for (const bool first : {true, false}) {
    auto log = log::sqlite::open(options, clock);
    REQUIRE(log);
    REQUIRE((*log)->prepare());
    Registry registry(**log, clock);
    if (first) {
      CHECK(propose_all(registry, endpoint_changes(1'200, 20, 1'000)) == 1'200);
      REQUIRE(registry.propose(put_subscription("s", "e1"), kLong));
      before = text_of(*registry.state());
      trail = registry.audit(query)->entries;
      CHECK(trail.size() == 1'201);
    } else {
      CHECK(text_of(*fenced(registry)) == before);
      CHECK(registry.audit(query)->entries == trail);  // whatever was cut behind a snapshot
      CHECK(registry.audit_entries() == trail.size());
      CHECK(registry.propose(put_subscription("t", "e2"), kLong));
    }
  }
}

TEST_CASE("Registry: a record of a newer format stops it, and says so") {
  auto cluster = log::memory::make_cluster({});
  log::Record newer;
  newer.value = R"({"v":99})";
  cluster->put(log::Topic::registry, 0, std::move(newer));
  Process one(cluster, 1);
  const auto refused = one.registry.propose(put_endpoint("a"), kLong);
  REQUIRE_FALSE(refused);
  CHECK_FALSE(one.registry.caught_up());
}

TEST_CASE("Registry: the audit trail is not answered before the log has been read") {
  auto cluster = log::memory::make_cluster({});
  log::Record newer;
  newer.value = R"({"v":99})";
  cluster->put(log::Topic::registry, 0, std::move(newer));
  Process one(cluster, 1);
  CHECK(one.registry.audit({}).error().code == Code::unavailable);
}

TEST_CASE("Registry: a damaged record is left out only where that was asked for") {
  const test::TemporaryDirectory directory;
  SystemClock clock;
  log::sqlite::Options options;
  options.directory = directory.path();
  options.reserve_bytes = 0;
  const auto opened = [&](log::OnDamaged on_damaged) {
    options.on_damaged = on_damaged;
    auto log = log::sqlite::open(options, clock);
    REQUIRE(log);
    return std::move(*log);
  };
  {
    const auto log = opened(log::OnDamaged::unsaid);
    Registry registry(*log, clock);
    for (int i = 0; i < 5; ++i) REQUIRE(registry.propose(put_endpoint("e" + std::to_string(i)), kLong));
  }
  log::sqlite::Connection(directory.path() + "/certes.db").run("UPDATE registry_0 SET record = x'00' WHERE id = 2");
  for (const auto stays : {log::OnDamaged::unsaid, log::OnDamaged::stop}) {
    const auto log = opened(stays);
    Registry registry(*log, clock);
    REQUIRE(fakes::eventually([&] { return registry.failure().has_value(); }));
    CHECK(registry.failure()->message.find("record 2 of registry[0]") != std::string::npos);
    CHECK(registry.failure()->message.find("store.on_damaged") != std::string::npos);
    CHECK_FALSE(registry.caught_up());
  }
  const auto log = opened(log::OnDamaged::skip);
  Registry registry(*log, clock);
  CHECK(fenced(registry)->endpoints.size() == 4);
  CHECK_FALSE(registry.failure());
  CHECK(registry.propose(put_endpoint("new"), kLong));
}
