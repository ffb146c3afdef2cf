#include "api/history/history.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "api/history/tables.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::history;
using namespace certes::api::history::testing;
using certes::fakes::eventually;
using log::Topic;

namespace {

constexpr UnixMillis kStart = 1'700'000'000'000;

// Steady time goes on by itself, so that who waits for it does not wait for ever.
struct SetClock final : Clock {
  SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  UnixMillis unix_millis() const override { return kStart + passed.load(); }
  std::atomic<std::int64_t> passed{0};
};

struct Fixture {
  Fixture() { REQUIRE(log->prepare()); }
  // The event's place.
  std::string event(const EventText& text, std::int32_t partition = 0) {
    const auto offset = cluster->put(Topic::events, partition, event_record(text));
    return std::to_string(partition) + ":" + std::to_string(offset);
  }
  void attempt(const AttemptText& text, std::int32_t partition = 0) {
    cluster->put(Topic::attempts, partition, attempt_record(text));
  }
  void start() {
    history = std::make_unique<History>(options, *log, clock, metrics);
    REQUIRE(eventually(
        [&] { return history->indexed_until().has_value() && !history->indexed_from() && !history->letters_from(); }));
  }
  void stop() { history.reset(); }
  // "id:state …", newest first; "?": it cannot be looked into now.
  std::string list(const std::function<void(Filter&)>& set = [](Filter&) {}) {
    Filter filter;
    filter.tenant = "default";
    set(filter);
    const auto rows = history->look([&](Lookup& lookup) { return lookup.rows(way_of(filter), filter, {}, 10'000); });
    if (!rows) return "?";
    std::string all;
    for (const EventRow& row : *rows) all.append(row.id).append(":").append(to_string(row.state)).append(" ");
    return all;
  }
  bool shows(const std::string& all) {
    const bool shown = eventually([&] { return list() == all; });
    CHECK(list() == all);
    return shown;
  }
  bool counted(const std::string& line) const { return metrics.text().find(line) != std::string::npos; }

  SetClock clock;
  std::shared_ptr<log::memory::Cluster> cluster = log::memory::make_cluster({.partitions = 2, .clock = &clock});
  std::unique_ptr<log::Log> log = log::memory::make(cluster);
  metrics::Metrics metrics;
  test::TemporaryDirectory directory;
  History::Options options{directory.file("history"), 1ll << 30, std::chrono::days(7)};
  std::unique_ptr<History> history;
};

}  // namespace

TEST_CASE("History: a fresh index has all that the log holds, in every partition") {
  Fixture f;
  const auto one = f.event({.id = "evt_1"});
  f.clock.passed += 1;
  const auto two = f.event({.id = "evt_2"}, 1);
  f.clock.passed += 1;
  f.event({.id = "evt_3"});
  f.attempt({.origin = one, .event = "evt_1"});
  f.attempt({.origin = two, .outcome = "dead_lettered", .event = "evt_2"}, 1);
  f.start();
  CHECK(f.list() == "evt_3:accepted evt_2:failed evt_1:delivered ");
}

TEST_CASE("History: it follows what comes, and knows until when it has all") {
  Fixture f;
  f.start();
  f.clock.passed += 5'000;
  const auto one = f.event({.id = "evt_1"});
  f.attempt({.origin = one, .outcome = "retry"});
  CHECK(f.shows("evt_1:open "));
  f.attempt({.origin = one, .attempt = 2});
  CHECK(f.shows("evt_1:delivered "));
  CHECK(eventually([&] { return f.history->indexed_until() >= kStart + 5'000; }));
  CHECK(eventually([&] { return f.counted("certes_history_behind_seconds 0"); }));
}

TEST_CASE("History: more than fits into a bite is filled backwards, the newest first, with states") {
  Fixture f;
  std::string expected;
  for (int i = 0; i < 1'500; ++i) {
    f.clock.passed += 1;
    const std::string id = "evt_" + std::to_string(i);
    const auto place = f.event({.id = id}, i % 2);
    f.attempt({.origin = place, .event = id}, i % 2);
    expected.insert(0, id + ":delivered ");
  }
  f.start();
  const bool all = f.list() == expected;
  CHECK(all);
}

TEST_CASE("History: an index that was closed goes on where it was") {
  Fixture f;
  const auto one = f.event({.id = "evt_1"});
  f.start();
  CHECK(f.shows("evt_1:accepted "));
  f.stop();
  f.clock.passed += 1;
  f.event({.id = "evt_2"});
  f.attempt({.origin = one});
  f.start();
  CHECK(f.shows("evt_2:accepted evt_1:delivered "));
  CHECK(f.counted("certes_history_rebuilt_total 0"));
}

TEST_CASE("History: what a former owner left behind the next one's term does not count") {
  Fixture f;
  const auto one = f.event({.id = "evt_1"});
  f.attempt({.origin = one, .outcome = "retry", .term = "1"});
  f.attempt({.origin = one, .outcome = "retry", .attempt = 2, .term = "2"});
  f.attempt({.origin = one, .outcome = "delivered", .attempt = 2, .term = "1"});
  SUBCASE("read backwards") {
    f.start();
    CHECK(f.list() == "evt_1:open ");
    f.attempt({.origin = one, .outcome = "delivered", .attempt = 3, .term = "1"});
  }
  SUBCASE("read forwards, and after a restart") {
    f.start();
    f.stop();
    f.attempt({.origin = one, .outcome = "delivered", .attempt = 3, .term = "1"});
    f.start();
  }
  f.clock.passed += 1;
  f.event({.id = "evt_2"});
  CHECK(f.shows("evt_2:accepted evt_1:open "));
  f.attempt({.origin = one, .outcome = "delivered", .attempt = 4, .term = "2"});
  CHECK(f.shows("evt_2:accepted evt_1:delivered "));
}

TEST_CASE("History: an index that cannot be believed is made anew from the log") {
  Fixture f;
  const auto one = f.event({.id = "evt_1"});
  f.attempt({.origin = one});
  f.start();
  const std::string path = f.options.directory + "/history.db";
  SUBCASE("taken away while nobody has it") {
    f.stop();
    std::filesystem::remove_all(f.options.directory);
    f.start();
    CHECK(f.counted("certes_history_rebuilt_total 0"));
  }
  SUBCASE("taken away while it is in use") {
    std::filesystem::remove_all(f.options.directory);
    CHECK(eventually([&] { return f.counted("certes_history_rebuilt_total 1") && !f.history->indexed_from(); }));
  }
  SUBCASE("cut") {
    f.stop();
    std::filesystem::resize_file(path, 10'000);
    f.start();
    CHECK(f.counted("certes_history_rebuilt_total 1"));
  }
  SUBCASE("no database at all") {
    f.stop();
    std::ofstream(path, std::ios::trunc) << std::string(50'000, 'x');
    std::filesystem::remove(path + ".closed");
    f.start();
    CHECK(f.counted("certes_history_rebuilt_total 1"));
  }
  SUBCASE("another format") {
    f.stop();
    Connection(path).run("PRAGMA user_version=" + std::to_string(kFormat + 1));
    std::filesystem::remove(path + ".closed");
    f.start();
    CHECK(f.counted("certes_history_rebuilt_total 1"));
  }
  SUBCASE("a row that is not what was written") {
    Connection(path).run("UPDATE events SET subject=x'41'");
    CHECK(eventually([&] { return f.list() == "?" || f.counted("certes_history_rebuilt_total 1"); }));
    CHECK(eventually([&] { return f.counted("certes_history_rebuilt_total 1"); }));
  }
  CHECK(f.shows("evt_1:delivered "));
}

TEST_CASE("History: another log in the place of the one that was indexed is noticed") {
  Fixture f;
  f.event({.id = "evt_1"});
  f.clock.passed += 1;
  f.event({.id = "evt_2"});
  f.start();
  CHECK(f.shows("evt_2:accepted evt_1:accepted "));
  SUBCASE("shorter") {
    f.cluster->cut(Topic::events, 0, 0);
    f.clock.passed += 1;
    f.event({.id = "evt_3"});
    CHECK(f.shows("evt_3:accepted "));
  }
  SUBCASE("as long, while nobody follows") {
    f.stop();
    f.cluster->cut(Topic::events, 0, 0);
    for (const char* id : {"evt_3", "evt_4", "evt_5"}) {
      f.clock.passed += 1;
      f.event({.id = id});
    }
    f.start();
    CHECK(f.shows("evt_5:accepted evt_4:accepted evt_3:accepted "));
  }
  CHECK(f.counted("certes_history_rebuilt_total 1"));
}

TEST_CASE("History: what is older than may be kept goes, and is not filled in again") {
  Fixture f;
  f.options.retention = std::chrono::hours(1);
  f.event({.id = "evt_1"});
  f.clock.passed += 3'000'000;
  f.event({.id = "evt_2"});
  f.start();
  CHECK(f.shows("evt_2:accepted evt_1:accepted "));
  f.clock.passed += 1'000'000;
  CHECK(f.shows("evt_2:accepted "));
  f.stop();
  std::filesystem::remove_all(f.options.directory);
  f.start();
  CHECK(f.shows("evt_2:accepted "));
}

TEST_CASE("History: it keeps within its bytes, and the newest stay") {
  Fixture f;
  f.options.max_bytes = 2 << 20;
  f.start();
  const std::string subject(900, 's');
  int last = 0;
  for (; last < 4'000; ++last) {
    f.clock.passed += 1;
    f.event({.id = "evt_" + std::to_string(last), .source = "/" + subject}, last % 2);
  }
  const std::string newest = "evt_" + std::to_string(last - 1) + ":accepted ";
  CHECK(eventually([&] { return f.list().starts_with(newest); }));
  CHECK(eventually([&] { return f.list().find("evt_100:accepted") == std::string::npos; }));
  CHECK(f.list().starts_with(newest));
}

TEST_CASE("History: dead letters are there as far back as the log holds them, those of older events too") {
  Fixture f;
  const auto letters = [&] {
    LetterFilter filter;
    filter.tenant = "default";
    const auto rows =
        f.history->look([&](Lookup& lookup) { return lookup.letters(LetterWay::time, filter, {}, 10'000); });
    std::string all;
    for (const LetterRow& row : *rows) all.append(row.event).append(":").append(to_string(row.state())).append(" ");
    return all;
  };
  const auto old = f.event({.id = "evt_old"});
  f.cluster->put(Topic::dead_letters, 0, letter_record({.origin = old, .event = "evt_old"}));
  for (int i = 0; i < 3'000; ++i) f.cluster->put(Topic::dead_letters, 0, discard_record(""));
  f.clock.passed += std::chrono::milliseconds(std::chrono::days(20)).count();
  const auto one = f.event({.id = "evt_1"});
  f.cluster->put(Topic::dead_letters, 0, letter_record({.origin = one, .event = "evt_1"}));
  f.cluster->put(Topic::dead_letters, 0, discard_record("0"));
  f.start();
  CHECK(f.list() == "evt_1:failed ");
  CHECK(letters() == "evt_1:open evt_old:discarded ");
  SUBCASE("until the log lets go of them") {
    REQUIRE(f.log->trim(Topic::dead_letters, 0, 1, Millis(1'000)));
    CHECK(eventually([&] { return letters() == "evt_1:open "; }));
  }
  SUBCASE("and follow") {
    f.event({.id = "evt_old", .replay = "rpl_letter_0-0", .endpoint = "billing"});
    f.cluster->put(Topic::dead_letters, 0, letter_record({.origin = one, .event = "evt_2"}));
    CHECK(eventually([&] { return letters() == "evt_2:open evt_1:open evt_old:discarded "; }));
  }
  SUBCASE("and are there after a restart") {
    f.stop();
    f.start();
    CHECK(letters() == "evt_1:open evt_old:discarded ");
  }
}

TEST_CASE(
    "History: where there is no room for all, the oldest dead letters go, and it is known from when on they are") {
  Fixture f;
  f.options.max_bytes = 2 << 20;
  f.start();
  constexpr int kLetters = 3'000;
  for (int i = 0; i < kLetters; ++i) {
    f.clock.passed += 1;
    f.cluster->put(Topic::dead_letters, i % 2,
                   letter_record({.origin = std::to_string(i % 2) + ":1",
                                  .event = "evt_" + std::to_string(i),
                                  .error = std::string(2'000, 'e')}));
  }
  LetterFilter filter;
  filter.tenant = "default";
  std::vector<LetterRow> rows;
  REQUIRE(eventually([&] {
    auto found = f.history->look([&](Lookup& lookup) { return lookup.letters(LetterWay::time, filter, {}, kLetters); });
    if (found) rows = std::move(*found);
    return f.history->letters_from() && !rows.empty() && rows.front().event == "evt_2999" && rows.size() < 1'000;
  }));
  CHECK(*f.history->letters_from() > kStart);
  CHECK(*f.history->letters_from() <= kStart + kLetters);
  CHECK(f.history->is_filled());
  // The newest stay, one behind the other.
  std::string expected, found;
  for (std::size_t i = 0; i < 100; ++i) {
    REQUIRE(i < rows.size());
    expected += "evt_" + std::to_string(kLetters - 1 - static_cast<int>(i)) + " ";
    found += rows[i].event + " ";
  }
  CHECK(found == expected);
}
