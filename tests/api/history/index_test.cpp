#include "api/history/index.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>

#include "api/history/lookup.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::history;
using namespace certes::api::history::testing;
using log::Topic;

namespace {

struct Fixture {
  Fixture() {
    Connection connection(path);
    REQUIRE(make_or_check(connection));
  }
  void transaction(const std::function<void()>& puts) {
    index().begin();
    puts();
    index().commit();
  }
  // Each in a transaction of its own.
  void event(std::int64_t offset, const EventText& text, UnixMillis at = 0) {
    transaction([&] { put_event(offset, text, at); });
  }
  void attempt(std::int64_t offset, const AttemptText& text, const Detail& detail = {}) {
    transaction([&] { told(offset, text, detail); });
  }
  void put_event(std::int64_t offset, const EventText& text, UnixMillis at = 0) {
    const auto record = stored(Topic::events, 0, offset, event_record(text), at == 0 ? 1'000 + offset : at);
    index().put(*event_row(record), record.value, {});
  }
  void told(std::int64_t offset, const AttemptText& text, const Detail& detail = {}) {
    index().put(*told_by(stored(Topic::attempts, 0, offset, attempt_record(text), 2'000 + offset)), detail);
  }
  Index& index() {
    if (!index_) index_ = std::make_unique<Index>(path, TextBounds{text_bytes, most_text});
    return *index_;
  }
  void open_again() { index_.reset(); }
  Lookup lookup() const { return Lookup(path); }
  // "id:state …", newest first.
  std::string list(
      const std::function<void(Filter&)>& set = [](Filter&) {}, Cursor cursor = {}, std::size_t most = 100) {
    Filter filter;
    filter.tenant = "default";
    set(filter);
    std::string all;
    for (const EventRow& row : lookup().rows(way_of(filter), filter, cursor, most))
      all.append(row.id).append(":").append(to_string(row.state)).append(" ");
    return all;
  }

  test::TemporaryDirectory directory;
  const std::string path = directory.file("history.db");
  std::size_t text_bytes = 0;
  std::int64_t most_text = 1 << 20;

 private:
  std::unique_ptr<Index> index_;
};

}  // namespace

TEST_CASE("Index: an event is found with the state that its deliveries give it") {
  Fixture f;
  f.event(1, {.id = "evt_1"});
  CHECK(f.list() == "evt_1:accepted ");
  f.attempt(1, {.origin = "0:1", .outcome = "retry", .status = 500, .answer = "no", .error = "500", .next_at = 9'000});
  CHECK(f.list() == "evt_1:open ");
  f.attempt(2, {.origin = "0:1", .attempt = 2});
  CHECK(f.list() == "evt_1:delivered ");
  auto lookup = f.lookup();
  const auto deliveries = lookup.deliveries_of("default", {0, 1});
  REQUIRE(deliveries.size() == 1);
  CHECK(deliveries[0].attempts == 2);
  CHECK(deliveries[0].state == DeliveryState::delivered);
  const auto attempts = lookup.attempts_of({0, 1}, -1, 100);
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].outcome == "retry");
  CHECK(attempts[0].answer == "no");
  CHECK(attempts[0].next_at == 9'000);
  CHECK(attempts[1].attempt == 2);
  CHECK(lookup.attempts_of({0, 1}, attempts[0].offset, 100).size() == 1);
}

TEST_CASE("Index: what is told of an event before the event itself is indexed is not lost") {
  Fixture f;
  f.attempt(2, {.origin = "0:1", .attempt = 2});
  f.attempt(1, {.origin = "0:1", .outcome = "retry", .status = 500});
  CHECK(f.list().empty());
  f.event(1, {.id = "evt_1"});
  CHECK(f.list() == "evt_1:delivered ");
  CHECK(f.list([](Filter& filter) { filter.endpoint = "billing"; }) == "evt_1:delivered ");
}

TEST_CASE("Index: what a transaction tells of an event makes its state at its end") {
  Fixture f;
  f.event(1, {.id = "evt_1"});
  f.index().begin();
  for (int n = 0; n < 50; ++n)
    f.told(n, {.origin = "0:1", .endpoint = "e" + std::to_string(n), .outcome = n == 7 ? "retry" : "delivered"});
  f.index().commit();
  CHECK(f.list() == "evt_1:open ");
  f.attempt(50, {.origin = "0:1", .endpoint = "e7", .attempt = 2});
  CHECK(f.list() == "evt_1:delivered ");
}

TEST_CASE("Index: however what is told is divided into transactions and repeated, the same is known") {
  std::mt19937 random(20'251);
  const auto below = [&](int end) { return static_cast<int>(random() % static_cast<unsigned>(end)); };
  for (int round = 0; round < 40; ++round) {
    Fixture one, other;  // each in a transaction of its own; several in one
    const int events = 1 + below(6);
    std::vector<std::function<void(Fixture&)>> told;
    for (int e = 1; e <= events; ++e) {
      told.push_back([e](Fixture& f) { f.put_event(e, {.id = "evt_" + std::to_string(e)}); });
      for (int n = 0, most = below(4); n < most; ++n)
        for (int attempt = 1, last = 1 + below(3); attempt <= last; ++attempt) {
          const std::string outcome = attempt < last ? "retry" : below(3) == 0 ? "cancelled" : "delivered";
          told.push_back([=, offset = static_cast<std::int64_t>(told.size())](Fixture& f) {
            f.told(offset, {.origin = "0:" + std::to_string(e),
                            .endpoint = "e" + std::to_string(n),
                            .outcome = outcome,
                            .attempt = attempt,
                            .event = "evt_" + std::to_string(e)});
          });
        }
    }
    std::shuffle(told.begin(), told.end(), random);
    for (int again = below(5); again > 0; --again)
      told.push_back(told[static_cast<std::size_t>(below(static_cast<int>(told.size())))]);
    for (const auto& each : told) one.transaction([&] { each(one); });
    for (std::size_t at = 0; at < told.size();) {
      const std::size_t end = std::min(told.size(), at + 1 + static_cast<std::size_t>(below(5)));
      other.transaction([&] {
        while (at < end) told[at++](other);
      });
      if (below(4) == 0) other.open_again();
    }
    CHECK(one.list() == other.list());
    for (int n = 0; n < 3; ++n) {
      const auto of_endpoint = [n](Filter& filter) { filter.endpoint = "e" + std::to_string(n); };
      CHECK(one.list(of_endpoint) == other.list(of_endpoint));
    }
    for (int e = 1; e <= events; ++e) {
      auto here = one.lookup(), there = other.lookup();
      const auto left = here.deliveries_of("default", {0, e}), right = there.deliveries_of("default", {0, e});
      REQUIRE(left.size() == right.size());
      for (std::size_t i = 0; i < left.size(); ++i) {
        CHECK(left[i].id == right[i].id);
        CHECK(left[i].state == right[i].state);
        CHECK(left[i].attempts == right[i].attempts);
        CHECK(left[i].event_at == right[i].event_at);
      }
      CHECK(here.attempts_of({0, e}, -1, 100).size() == there.attempts_of({0, e}, -1, 100).size());
    }
  }
}

TEST_CASE("Index: the same again changes nothing") {
  Fixture f;
  for (int i = 0; i < 2; ++i) {
    f.event(1, {.id = "evt_1"});
    f.attempt(1, {.origin = "0:1", .outcome = "retry", .status = 500});
    f.attempt(2, {.origin = "0:1", .attempt = 2});
  }
  CHECK(f.list() == "evt_1:delivered ");
  CHECK(f.lookup().attempts_of({0, 1}, -1, 100).size() == 2);
}

TEST_CASE("Index: each way leads to the events that it is of, newest first, and on from a cursor") {
  Fixture f;
  f.event(1, {.id = "evt_1", .client_id = "c1", .conversation = "talk"});
  f.event(2, {.id = "evt_2", .type = "order.paid", .client_id = "c1", .conversation = "talk"});
  f.event(3, {.id = "evt_3", .tenant = "acme", .client_id = "c1", .conversation = "talk"});
  f.event(4, {.id = "evt_4"});
  f.attempt(1, {.origin = "0:2", .outcome = "dead_lettered", .status = 500, .event = "evt_2"});
  f.attempt(2, {.origin = "0:4", .event = "evt_4"});
  CHECK(f.list() == "evt_4:delivered evt_2:failed evt_1:accepted ");
  CHECK(f.list([](Filter&) {}, {}, 2) == "evt_4:delivered evt_2:failed ");
  CHECK(f.list([](Filter&) {}, Cursor{1'002, {0, 2}}) == "evt_1:accepted ");
  CHECK(f.list([](Filter& filter) { filter.type = "order.created"; }) == "evt_4:delivered evt_1:accepted ");
  CHECK(f.list([](Filter& filter) { filter.source_id = "c1"; }) == "evt_2:failed evt_1:accepted ");
  CHECK(f.list([](Filter& filter) { filter.conversation = "talk"; }) == "evt_2:failed evt_1:accepted ");
  CHECK(f.list([](Filter& filter) { filter.state = EventState::failed; }) == "evt_2:failed ");
  CHECK(f.list([](Filter& filter) { filter.endpoint = "billing"; }) == "evt_4:delivered evt_2:failed ");
  CHECK(f.list([](Filter& filter) { filter.endpoint = "billing"; }, Cursor{1'004, {0, 4}}) == "evt_2:failed ");
  CHECK(f.list([](Filter& filter) { filter.from = 1'002, filter.to = 1'004; }) == "evt_2:failed ");
  CHECK(f.list([](Filter& filter) { filter.source_id = ""; }).empty());
}

TEST_CASE("Index: another tenant's delivery is not the event's tenant's to know") {
  Fixture f;
  f.event(1, {.id = "evt_1", .tenant = "acme"});
  f.attempt(1, {.origin = "0:1", .outcome = "dead_lettered", .status = 500, .tenant = "default"});
  auto lookup = f.lookup();
  CHECK(lookup.deliveries_of("acme", {0, 1}).empty());
  CHECK(lookup.deliveries_of("default", {0, 1}).size() == 1);
  REQUIRE(lookup.records_of("acme", "evt_1").size() == 1);
  CHECK(lookup.records_of("acme", "evt_1")[0].state == EventState::accepted);
  CHECK(lookup.records_of("default", "evt_1").empty());
}

TEST_CASE("Index: the records of an event begin with its own") {
  Fixture f;
  f.event(1, {.id = "evt_1", .replay = "rpl_1", .endpoint = "billing"});
  f.event(2, {.id = "evt_1"});
  const auto records = f.lookup().records_of("default", "evt_1");
  REQUIRE(records.size() == 2);
  CHECK(records[0].replay.empty());
  CHECK(records[1].replay == "rpl_1");
}

TEST_CASE("Index: what is left out while it is behind changes no state") {
  Fixture f;
  f.event(1, {.id = "evt_1"});
  f.attempt(1, {.origin = "0:1", .outcome = "retry", .status = 500, .answer = "no"},
            {.good_answers = false, .good_attempts = false});
  f.attempt(2, {.origin = "0:1", .attempt = 2, .answer = "yes"}, {.good_answers = false});
  f.attempt(3, {.origin = "0:1", .endpoint = "mail"}, {.good_answers = false, .good_attempts = false});
  CHECK(f.list() == "evt_1:delivered ");
  const auto attempts = f.lookup().attempts_of({0, 1}, -1, 100);
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].answer == "no");
  CHECK(attempts[1].answer.empty());
  CHECK(f.index().answers_left_out() == 1);
  CHECK(f.index().attempts_left_out() == 1);
}

TEST_CASE("Index: the oldest go, with all that is known of them, and nothing else") {
  Fixture f;
  for (std::int64_t i = 1; i <= 5; ++i) {
    const std::string id = "evt_" + std::to_string(i);
    f.event(i, {.id = id}, 100 * i);
    f.attempt(i, {.origin = "0:" + std::to_string(i), .event = id});
  }
  CHECK(f.index().oldest(0)->place == Place{0, 1});
  CHECK_FALSE(f.index().oldest(1));
  CHECK_FALSE(f.index().drop(0, 100, 10));
  CHECK(f.index().drop(0, 350, 2) == 3);
  CHECK(f.index().drop(0, 350, 2) == 4);
  CHECK_FALSE(f.index().drop(0, 350, 2));
  CHECK(f.list() == "evt_5:delivered evt_4:delivered ");
  CHECK(f.lookup().deliveries_of("default", {0, 3}).empty());
  CHECK(f.lookup().attempts_of({0, 3}, -1, 10).empty());
  CHECK(f.lookup().attempts_of({0, 4}, -1, 10).size() == 1);
  CHECK(f.index().oldest(0)->at == 400);
  CHECK(f.index().used_bytes() > 0);
}

TEST_CASE("Index: where it is stands with what was written up to there") {
  Fixture f;
  CHECK_FALSE(f.index().reached(Topic::attempts, 0));
  f.index().begin();
  f.index().reach(Topic::attempts, 0, {3, 9, 4, 8, 77, 55, true});
  f.index().commit();
  Index again(f.path, {});
  const auto reached = again.reached(Topic::attempts, 0);
  REQUIRE(reached);
  CHECK(reached->begin == 3);
  CHECK(reached->next == 9);
  CHECK(reached->term == 4);
  CHECK(reached->mark == 8);
  CHECK(reached->mark_at == 77);
  CHECK(reached->filled_at == 55);
  CHECK(reached->filled);
  CHECK_FALSE(again.reached(Topic::events, 0));
}

TEST_CASE("Index: a row that is not what was written is damage, and nothing that is shown") {
  Fixture f;
  f.event(1, {.id = "evt_1"});
  f.attempt(1, {.origin = "0:1"});
  Connection other(f.path);
  for (const char* change : {"UPDATE events SET subject=x'41'", "UPDATE events SET subject=x'', state=77"}) {
    other.run(change);
    CHECK_THROWS_AS(f.list(), Failure);
  }
  other.run("UPDATE deliveries SET status=500");
  other.run("UPDATE attempts SET answer=x'41'");
  auto lookup = f.lookup();
  CHECK_THROWS_AS(lookup.deliveries_of("default", {0, 1}), Failure);
  try {
    lookup.attempts_of({0, 1}, -1, 10);
    FAIL("no failure");
  } catch (const Failure& failure) {
    CHECK(is_damage(failure));
  }
}

TEST_CASE("Index: what is erased leaves with all that is known of it, and does not come again") {
  Fixture f;
  f.text_bytes = 1'000;
  const auto fill = [&] {
    f.event(1, {.id = "evt_1", .data = R"("jane")"}, 5'000);
    f.event(2, {.id = "evt_2"}, 5'001);
    f.attempt(1, {.origin = "0:1", .outcome = "retry", .status = 500, .answer = "jane"});
    f.attempt(2, {.origin = "0:2", .event = "evt_2"});
    f.transaction([&] {
      f.index().put(*letter_row(stored(Topic::dead_letters, 0, 1, letter_record({.origin = "0:1"}))));
      f.index().put(*letter_row(stored(Topic::dead_letters, 0, 2, letter_record({.origin = "0:2", .event = "evt_2"}))));
    });
  };
  const auto check = [&] {
    CHECK(f.list() == "evt_2:delivered ");
    CHECK(f.lookup().attempts_of({0, 1}, -1, 10).empty());
    CHECK(f.lookup().deliveries_of("default", {0, 1}).empty());
    CHECK_FALSE(f.lookup().letter_at("default", {0, 1}));
    CHECK(f.lookup().letter_at("default", {0, 2}));
    CHECK(f.lookup().is_erased_letter({0, 1}));
    CHECK_FALSE(f.lookup().is_erased_letter({0, 2}));
    CHECK(f.list([](Filter& filter) { filter.text = "jane"; }).empty());
  };
  fill();
  CHECK(f.list([](Filter& filter) { filter.text = "jane"; }) == "evt_1:open ");
  CHECK_FALSE(f.index().has_traces());
  f.transaction([&] { f.index().erase(0, {{1}, {1}}); });
  check();
  CHECK(f.index().has_traces());
  f.index().wipe();
  CHECK_FALSE(f.index().has_traces());
  for (const char* const end : {"", "-wal"}) {
    std::ifstream in(f.path + end, std::ios::binary);
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}).find("jane") == std::string::npos);
  }
  fill();
  check();
  f.open_again();
  fill();
  check();
}

TEST_CASE("Index: what is erased in the transaction in which it came is not there") {
  Fixture f;
  f.transaction([&] {
    f.put_event(1, {.id = "evt_1"});
    f.told(1, {.origin = "0:1"});
    f.index().erase(0, {{1, 7}, {}});
    f.told(2, {.origin = "0:1", .attempt = 2});
    f.put_event(7, {.id = "evt_7"});
  });
  CHECK(f.list().empty());
  CHECK(f.lookup().deliveries_of("default", {0, 1}).empty());
}
