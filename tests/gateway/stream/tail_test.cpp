#include "gateway/stream/tail.hpp"

#include <doctest/doctest.h>

#include <mutex>

#include "common/log/names.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

using namespace certes;
using namespace certes::gateway::stream;
using fakes::eventually;

namespace {

// What a loop's watchers would be handed; read at once, unless it is held.
class Reader final : public Outlet {
 public:
  void hand(std::vector<Chunk>&& chunks) override {
    const std::lock_guard lock(mutex_);
    for (const Chunk& chunk : chunks) {
      auto& seen = seen_[chunk.watcher];
      seen.begun = seen.begun || chunk.what == Chunk::What::begun;
      seen.refused = seen.refused || chunk.what == Chunk::What::refused;
      if (chunk.what == Chunk::What::crowded) {
        seen.crowded = true;
        seen.kept.clear();
        seen.gauge->buffered = 0;
        continue;
      }
      if (chunk.what == Chunk::What::beat) ++seen.beats;
      if (chunk.id) seen.id = chunk.id->substr(4, chunk.id->size() - 5);
      if (chunk.what == Chunk::What::shown) seen.texts.push_back(*chunk.text);
      if (Gauge* gauge = seen.gauge.get()) {
        gauge->unwritten -= chunk.size();
        if (held || chunk.watcher == stuck) {
          gauge->buffered += chunk.size();
          if (chunk.text) seen.kept.push_back(chunk.text);
        }
      }
    }
    if (Tail* of = tail; --behind == 0 && of != nullptr) of->wake();
  }
  struct Seen {
    bool begun = false, refused = false, crowded = false;
    int beats = 0;
    std::string id;
    std::vector<std::string> texts;
    std::vector<Text> kept;  // by one that does not read
    std::shared_ptr<Gauge> gauge;
    int count(std::string_view part) const {
      return static_cast<int>(
          std::count_if(texts.begin(), texts.end(), [&](const auto& text) { return text.find(part) != text.npos; }));
    }
  };
  Seen seen(WatcherId id) {
    const std::lock_guard lock(mutex_);
    return seen_[id];
  }
  void know(WatcherId id, std::shared_ptr<Gauge> gauge) {
    const std::lock_guard lock(mutex_);
    seen_[id].gauge = std::move(gauge);
  }
  std::atomic<bool> held{false};
  std::atomic<WatcherId> stuck{0};  // the one that reads nothing
  std::atomic<Tail*> tail{nullptr};

 private:
  std::mutex mutex_;
  std::map<WatcherId, Seen> seen_;  // guarded by mutex_
};

struct Watched {
  explicit Watched(Tail::Options options = {}, std::size_t unread_bytes = 64u << 20)
      : unread(unread_bytes),
        cluster(log::memory::make_cluster(log::memory::Options{})),
        log(prepared(log::memory::make(cluster))),
        tail(*log, unread, options) {
    reader.tail = &tail;
  }

  static std::unique_ptr<log::Log> prepared(std::unique_ptr<log::Log> log) {
    REQUIRE(log->prepare());
    return log;
  }
  void put(const std::string& type, std::int32_t partition = 0, const std::string& kind = "event",
           const std::string& tenant = "default") {
    log::Record record;
    record.headers.add("ce_specversion", "1.0");
    record.headers.add("ce_type", type);
    record.headers.add(log::names::kKind, kind);
    record.headers.add(log::names::kTenant, tenant);
    record.headers.add("certes-h-x-signed", "by " + type);
    record.value = "{}";
    cluster->put(log::Topic::events, partition, std::move(record));
  }
  WatcherId watch(std::string_view kinds = "", std::string_view pattern = "", Positions from = {},
                  std::string_view tenant = "default", std::string_view headers = "") {
    Watcher watcher;
    watcher.id = ++last;
    watcher.interest = *make_interest(tenant, kinds, pattern, headers);
    watcher.outlet = &reader;
    watcher.gauge = std::make_shared<Gauge>();
    watcher.from = std::move(from);
    reader.know(last, watcher.gauge);
    tail.add(std::move(watcher));
    REQUIRE(eventually([&] { return reader.seen(last).begun; }));
    return last;
  }
  bool shows(WatcherId id, std::size_t texts) {
    return eventually([&] { return reader.seen(id).texts.size() >= texts; });
  }

  Unread unread;
  std::shared_ptr<log::memory::Cluster> cluster;
  std::unique_ptr<log::Log> log;
  Reader reader;
  Tail tail;
  WatcherId last = 0;
};

}  // namespace

TEST_CASE("Tail: a watcher is shown what comes after it began, of its kinds and pattern") {
  Watched on;
  on.put("order.old");
  const auto orders = on.watch("event", "order.#");
  const auto commands = on.watch("command");
  on.put("order.created", 1);
  on.put("payment.made", 2);
  on.put("Order.Ship", 2, "command");
  on.put("order.paid", 2);
  REQUIRE(on.shows(orders, 2));
  REQUIRE(on.shows(commands, 1));
  const auto seen = on.reader.seen(orders);
  CHECK(seen.count("order.created") == 1);
  CHECK(seen.count("order.paid") == 1);
  CHECK(seen.texts.size() == 2);
  CHECK(seen.texts[0].starts_with("event: event\ndata: {"));
  CHECK(on.reader.seen(commands).texts.at(0).starts_with("event: command\n"));
}

TEST_CASE("Tail: who asks for headers is shown them, live and catching up, and nobody else is") {
  Watched on;
  const auto plain = on.watch();
  const auto full = on.watch("", "", {}, "default", "true");
  on.put("a.1");
  REQUIRE(on.shows(plain, 1));
  REQUIRE(on.shows(full, 1));
  CHECK(on.reader.seen(plain).count("by a.1") == 0);
  CHECK(on.reader.seen(full).count(R"("certesheaders":{"x-signed":"by a.1"})") == 1);
  const auto again = on.watch("", "", {0, 0, 0}, "default", "true");
  REQUIRE(on.shows(again, 1));
  CHECK(on.reader.seen(again).count("by a.1") == 1);
}

TEST_CASE("Tail: an id leads back to the same place") {
  Watched on;
  const auto first = on.watch();
  on.put("a.1", 0);
  on.put("a.2", 1);
  REQUIRE(on.shows(first, 2));
  const auto id = parse_id(on.reader.seen(first).id, 3);
  REQUIRE(id);
  on.tail.remove(first);
  for (int i = 3; i <= 300; ++i) on.put("b." + std::to_string(i), i % 3);
  const auto second = on.watch("", "", *id);
  for (int i = 301; i <= 310; ++i) on.put("b." + std::to_string(i), i % 3);
  REQUIRE(on.shows(second, 308));
  const auto seen = on.reader.seen(second);
  CHECK(seen.texts.size() == 308);
  CHECK(seen.count("\"b.") == 308);
  const auto end = parse_id(seen.id, 3);
  REQUIRE(end);
  CHECK((*end)[0] + (*end)[1] + (*end)[2] == 310);
}

TEST_CASE("Tail: those who watch already are not shown again what another catches up with") {
  Watched on;
  for (int i = 0; i < 100; ++i) on.put("old", i % 3);
  const auto live = on.watch();
  const auto late = on.watch("", "", {0, 0, 0});
  const auto later = on.watch("", "", {30, 30, 30});
  on.put("new");
  REQUIRE(on.shows(late, 101));
  REQUIRE(on.shows(later, 11));
  CHECK(on.reader.seen(late).count("\"new\"") == 1);
  CHECK(on.reader.seen(later).texts.size() == 11);
  REQUIRE(on.shows(live, 1));
  CHECK(on.reader.seen(live).texts.size() == 1);
}

TEST_CASE("Tail: one that catches up and does not read is not given more than its buffer") {
  Tail::Options options;
  options.buffer_bytes = 8'192;
  Watched on(options);
  for (int i = 0; i < 2'000; ++i) on.put("old");
  on.reader.held = true;
  const auto slow = on.watch("", "", {0, 0, 0});
  REQUIRE(eventually([&] { return on.reader.seen(slow).gauge->waiting() > 4'096; }));
  const auto live = on.watch();
  on.put("new", 1);
  REQUIRE(on.shows(live, 1));  // the others are served
  CHECK(on.reader.seen(slow).gauge->waiting() <= 8'192 + 1'024);
  on.reader.held = false;
  REQUIRE(eventually([&] {
    on.reader.seen(slow).gauge->buffered = 0;
    on.tail.wake();
    return on.reader.seen(slow).texts.size() >= 2'001;
  }));
}

TEST_CASE("Tail: one that catches up and does not read holds up no other tenant's, before or after it") {
  Watched on({.buffer_bytes = 4'096, .heartbeat = Millis{60'000}});
  for (int i = 0; i < 300; ++i) on.put("a." + std::to_string(i), 0, "event", i % 2 == 0 ? "acme" : "globex");
  on.reader.stuck = 1;
  const auto stuck = on.watch("", "", Positions{0, 0, 0}, "acme");
  const auto other = on.watch("", "", Positions{0, 0, 0}, "globex");
  CHECK(on.shows(other, 150));
  const auto third = on.watch("", "", Positions{200, 0, 0}, "globex");
  CHECK(on.shows(third, 50));
  CHECK(on.reader.seen(stuck).texts.size() < 150);
  on.put("a.end", 1, "event", "globex");
  CHECK(on.shows(other, 151));
}

TEST_CASE(
    "Tail: where all together hold too much, the one that is furthest behind goes, of the tenant that holds most") {
  Watched on({}, 8'192);
  const auto read = on.watch("", "", {}, "acme");
  const auto stuck = on.watch("", "", {}, "acme");
  const auto other = on.watch("", "", {}, "globex");
  on.reader.stuck = stuck;
  for (int i = 0; i < 100; ++i) on.put("a." + std::to_string(i), 0, "event", "acme");
  on.put("b.1", 0, "event", "globex");
  REQUIRE(on.shows(read, 100));
  REQUIRE(on.shows(other, 1));
  CHECK(on.reader.seen(stuck).crowded);
  CHECK_FALSE(on.reader.seen(read).crowded);
  CHECK_FALSE(on.reader.seen(other).crowded);
}

TEST_CASE("Tail: what the log has no more is told, and the stream goes on") {
  Watched on;
  for (int i = 0; i < 20; ++i) on.put("old");
  REQUIRE(on.log->trim(log::Topic::events, 0, 15, Millis{1'000}));
  const auto late = on.watch("", "", {3, 0, 0});
  REQUIRE(on.shows(late, 6));
  const auto seen = on.reader.seen(late);
  CHECK(seen.texts[0].starts_with("event: gap\n"));
  CHECK(seen.count("\"old\"") == 5);
}

TEST_CASE("Tail: an id of a log that is no more begins where this one is") {
  Watched on;
  on.put("a");
  const auto lost = on.watch("", "", {500, 0, 0});
  on.put("b");
  REQUIRE(on.shows(lost, 2));
  CHECK(on.reader.seen(lost).texts[0].starts_with("event: gap\n"));
  CHECK(on.reader.seen(lost).count("\"b\"") == 1);
}

TEST_CASE("Tail: signs of life carry the place to resume from") {
  Tail::Options options;
  options.heartbeat = Millis{5};
  Watched on(options);
  const auto quiet = on.watch("event", "never.seen");
  on.put("a", 1);
  on.put("a", 1);
  REQUIRE(eventually([&] { return on.reader.seen(quiet).id == "p0-2-0"; }));
  CHECK(on.reader.seen(quiet).beats > 0);
  CHECK(on.reader.seen(quiet).texts.empty());
}
