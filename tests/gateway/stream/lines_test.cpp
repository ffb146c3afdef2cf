#include "gateway/stream/lines.hpp"

#include <doctest/doctest.h>

#include <mutex>

#include "common/log/names.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

using namespace certes;
using namespace certes::gateway::stream;
using fakes::eventually;

namespace {

class Seen final : public Outlet {
 public:
  void hand(std::vector<Chunk>&& chunks) override {
    const std::lock_guard lock(mutex_);
    for (const Chunk& chunk : chunks) {
      if (chunk.what == Chunk::What::begun) ++begun;
      if (chunk.what == Chunk::What::shown) texts_[chunk.watcher].push_back(*chunk.text);
    }
    --behind;
    if (Tail* of = tail) of->wake();
  }
  std::vector<std::string> texts(WatcherId id) {
    const std::lock_guard lock(mutex_);
    return texts_[id];
  }
  std::atomic<int> begun{0};
  std::atomic<Tail*> tail{nullptr};

 private:
  std::mutex mutex_;
  std::map<WatcherId, std::vector<std::string>> texts_;  // guarded by mutex_
};

// Gives back what it is to carry, as a cluster does.
struct Carrier final : log::LineCarrier {
  void start(Take take) override { take_ = std::move(take); }
  void stop() override { take_ = nullptr; }
  void watch(bool now) override { watched = now; }
  bool wanted() const override { return watched || elsewhere; }
  bool carry(const log::Record& record) override {
    ++carried;
    auto stored = std::make_shared<log::StoredRecord>();
    stored->headers = record.headers;
    stored->value = record.value;
    if (take_) take_(stored);
    return true;
  }
  std::atomic<bool> watched{false}, elsewhere{false};
  int carried = 0;

 private:
  Take take_;
};

struct Lined {
  explicit Lined(log::LineCarrier* carrier = nullptr) : lines(tail, carrier) { seen.tail = &tail; }

  WatcherId watch(std::string_view kinds, std::string_view pattern = "") {
    Watcher watcher;
    watcher.id = ++last;
    watcher.interest = *make_interest("default", kinds, pattern);
    watcher.outlet = &seen;
    watcher.gauge = std::make_shared<Gauge>();
    tail.add(std::move(watcher));
    REQUIRE(eventually([&] { return seen.begun == static_cast<int>(last); }));
    return last;
  }
  bool post(std::string_view key, std::string_view value, std::string_view tenant = "default") {
    log::Record record;
    record.headers.add("ce_specversion", "1.0");
    record.headers.add("ce_type", key);
    record.headers.add("content-type", "text/plain");
    record.headers.add(log::names::kTenant, tenant);
    record.value = value;
    return lines.post(std::move(record));
  }

  Seen seen;
  std::unique_ptr<log::Log> log = log::memory::make(log::memory::Options{});
  Unread unread{64u << 20};
  Tail tail{*log, unread, {}};
  Lines lines;
  WatcherId last = 0;
};

}  // namespace

TEST_CASE("Lines: wanted while somebody watches them, and shown by key and tenant") {
  Lined on;
  on.watch("event");
  CHECK_FALSE(on.lines.wanted());
  const auto all = on.watch("log");
  const auto some = on.watch("log,event", "billing.#");
  REQUIRE(eventually([&] { return on.lines.wanted(); }));
  CHECK(on.post("billing.worker", "one"));
  CHECK(on.post("mail", "two"));
  CHECK(on.post("billing.worker", "not yours", "acme"));
  CHECK(on.post("mail", "three"));
  REQUIRE(eventually([&] { return on.seen.texts(all).size() == 3; }));
  CHECK(on.seen.texts(some).size() == 1);
  CHECK(on.seen.texts(some)[0].starts_with("event: log\ndata: {"));
  CHECK(on.seen.texts(some)[0].find(R"("type":"billing.worker")") != std::string::npos);
  CHECK(on.seen.texts(some)[0].find(R"("data":"one")") != std::string::npos);
  CHECK(on.seen.texts(1).empty());
  on.tail.remove(all);
  on.tail.remove(some);
  CHECK(eventually([&] { return !on.lines.wanted(); }));
}

TEST_CASE("Lines: more than can be shown is let go") {
  Lined on;
  on.watch("log");
  on.seen.behind = 1;  // nothing is read any more
  const std::string text(1u << 20, 'x');
  int taken = 0;
  while (taken < 100 && on.post("a", text)) ++taken;
  CHECK(taken < 100);
  CHECK(taken >= 7);
}

TEST_CASE("Lines: through a carrier they are shown once, and wanted for others too") {
  Carrier carrier;
  Lined on(&carrier);
  CHECK_FALSE(on.lines.wanted());
  carrier.elsewhere = true;
  CHECK(on.lines.wanted());
  carrier.elsewhere = false;
  const auto watcher = on.watch("log");
  REQUIRE(eventually([&] { return carrier.watched.load(); }));
  CHECK(on.post("a.b", "one"));
  CHECK(on.post("no..key", "one"));
  CHECK(on.post("a.b", "two"));
  REQUIRE(eventually([&] { return on.seen.texts(watcher).size() == 2; }));
  CHECK(carrier.carried == 3);
  on.tail.remove(watcher);
  CHECK(eventually([&] { return !carrier.watched; }));
}
