#include "api/history/letters.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "api/history/index.hpp"
#include "api/history/lanes.hpp"
#include "api/history/lookup.hpp"
#include "common/event/redelivery.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::history;
using namespace certes::api::history::testing;
using log::Topic;

namespace {

// What is read of the log, as the follower gives it to the index.
struct Fixture {
  Fixture() {
    Connection connection(path);
    REQUIRE(make_or_check(connection));
    index = std::make_unique<Index>(path, TextBounds{});
  }
  void transaction(const std::function<void()>& puts) {
    index->begin();
    puts();
    index->commit();
  }
  void read(const log::StoredRecord& record) {
    log::Terms terms;
    take(*index, record, terms, {});
  }
  // Each in a transaction of its own.
  void letter(std::int64_t offset, const AttemptText& text, UnixMillis at = 0) {
    put(Topic::dead_letters, offset, letter_record(text), at == 0 ? 1'000 + offset : at);
  }
  void put(Topic topic, std::int64_t offset, log::Record record, UnixMillis at = 2'000) {
    transaction([&] { read(stored(topic, 0, offset, std::move(record), at)); });
  }
  std::vector<LetterRow> rows(
      const std::function<void(LetterFilter&)>& set = [](LetterFilter&) {}, Cursor cursor = {},
      std::size_t most = 100) {
    LetterFilter filter;
    filter.tenant = "default";
    set(filter);
    std::vector<LetterRow> matching;
    for (LetterRow& row : Lookup(path).letters(way_of(filter), filter, cursor, most))
      if (filter.matches(row)) matching.push_back(std::move(row));
    return matching;
  }
  // "event:state …", newest first.
  std::string list(
      const std::function<void(LetterFilter&)>& set = [](LetterFilter&) {}, Cursor cursor = {},
      std::size_t most = 100) {
    std::string all;
    for (const LetterRow& row : rows(set, cursor, most))
      all.append(row.event).append(":").append(to_string(row.state())).append(" ");
    return all;
  }

  test::TemporaryDirectory directory;
  const std::string path = directory.file("history.db");
  std::unique_ptr<Index> index;
};

log::Record replay(const std::string& event, const std::string& of) {
  return event_record({.id = event, .replay = of, .endpoint = "billing"});
}

}  // namespace

TEST_CASE("Letters: one is open until it is replayed, and then until that is delivered") {
  Fixture f;
  f.letter(7, {.origin = "0:1", .error = "http 500", .rule = "exhausted"});
  CHECK(f.list() == "evt_1:open ");
  f.put(Topic::events, 2, replay("evt_1", "rpl_letter_0-7"));
  CHECK(f.list() == "evt_1:replayed ");
  f.put(Topic::attempts, 1, attempt_record({.origin = "0:2", .outcome = "retry", .status = 500}));
  CHECK(f.list() == "evt_1:replayed ");
  f.put(Topic::attempts, 2, attempt_record({.origin = "0:2", .attempt = 2}));
  CHECK(f.list() == "evt_1:delivered ");
  const auto rows = f.rows();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].rule == "exhausted");
  CHECK(rows[0].error == "http 500");
  CHECK(rows[0].delivery == "dlv_evt_1_billing");
}

TEST_CASE("Letters: what is discarded is, unless it was delivered") {
  Fixture f;
  f.letter(1, {.origin = "0:1", .event = "evt_1"});
  f.letter(2, {.origin = "0:2", .event = "evt_2"});
  f.letter(3, {.origin = "0:3", .event = "evt_3"});
  f.put(Topic::dead_letters, 4, discard_record("1 2 nonsense 99 -1"));
  CHECK(f.list() == "evt_3:open evt_2:discarded evt_1:discarded ");
  f.put(Topic::events, 9, replay("evt_1", "rpl_letter_0-1-again"));
  CHECK(f.list() == "evt_3:open evt_2:discarded evt_1:discarded ");
  f.put(Topic::attempts, 1, attempt_record({.origin = "0:9"}));
  CHECK(f.list() == "evt_3:open evt_2:discarded evt_1:delivered ");
}

TEST_CASE("Letters: replays of events, redeliveries and what names no place are none of a letter") {
  Fixture f;
  f.letter(7, {.origin = "0:1"});
  for (const char* const of : {"rpl_event_0-7", "rpl_again_0-7", "rpl_letter_1-7", "rpl_letter_0-8", "rpl_letter_0",
                               "rpl_letter_", "rpl_letter_0-x", "rpl_letter_0-7x", "rpl_1"})
    f.put(Topic::events, 1, replay("evt_1", of));
  CHECK(f.list() == "evt_1:open ");
}

TEST_CASE("Letters: each way leads to those that it is of, newest first, and on from a cursor") {
  Fixture f;
  f.letter(1, {.origin = "0:1", .event = "evt_1", .rule = "exhausted"});
  f.letter(2, {.origin = "0:2", .endpoint = "mail", .event = "evt_2", .rule = "status"});
  f.letter(3, {.origin = "0:3", .event = "evt_3", .tenant = "acme"});
  f.letter(4, {.origin = "0:4", .event = "evt_4", .rule = "status", .type = "order.paid"});
  f.put(Topic::dead_letters, 5, discard_record("2"));
  CHECK(f.list() == "evt_4:open evt_2:discarded evt_1:open ");
  CHECK(f.list([](LetterFilter&) {}, {}, 2) == "evt_4:open evt_2:discarded ");
  CHECK(f.list([](LetterFilter&) {}, Cursor{1'002, {0, 2}}) == "evt_1:open ");
  CHECK(f.list([](LetterFilter& filter) { filter.endpoint = "billing"; }) == "evt_4:open evt_1:open ");
  CHECK(f.list([](LetterFilter& filter) { filter.event = "evt_1"; }) == "evt_1:open ");
  CHECK(f.list([](LetterFilter& filter) { filter.delivery = "dlv_evt_2_mail"; }) == "evt_2:discarded ");
  CHECK(f.list([](LetterFilter& filter) { filter.rule = "status"; }) == "evt_4:open evt_2:discarded ");
  CHECK(f.list([](LetterFilter& filter) { filter.type = "order.paid"; }) == "evt_4:open ");
  CHECK(f.list([](LetterFilter& filter) { filter.state = LetterState::discarded; }) == "evt_2:discarded ");
  CHECK(f.list([](LetterFilter& filter) { filter.from = 1'002, filter.to = 1'004; }) == "evt_2:discarded ");
  CHECK(f.list([](LetterFilter& filter) { filter.event = "evt_3"; }).empty());
  CHECK(Lookup(f.path).letter_at("acme", {0, 3}));
  CHECK_FALSE(Lookup(f.path).letter_at("default", {0, 3}));
  CHECK_FALSE(Lookup(f.path).letter_at("default", {0, 5}));
}

TEST_CASE("Letters: in whatever order, transactions and repeats it is told, the same is known") {
  std::mt19937 random(20'261);
  const auto below = [&](int end) { return static_cast<int>(random() % static_cast<unsigned>(end)); };
  for (int round = 0; round < 60; ++round) {
    Fixture one, other;  // each in a transaction of its own; several in one
    std::vector<log::StoredRecord> told;
    std::int64_t events = 100, attempts = 0;
    const int letters = 1 + below(5);
    for (int l = 0; l < letters; ++l) {
      const std::string event = "evt_" + std::to_string(l);
      told.push_back(stored(Topic::dead_letters, 0, l, letter_record({.origin = "0:1", .event = event}), 1'000 + l));
      for (int replays = below(3); replays > 0; --replays) {
        const std::string of = event::letter_replay_id(0, l, replays == 1 ? "" : "job_" + std::to_string(replays));
        const std::string origin = "0:" + std::to_string(++events);
        told.push_back(stored(Topic::events, 0, events, replay(event, of)));
        for (int attempt = 1, last = below(3); attempt <= last; ++attempt)
          told.push_back(stored(Topic::attempts, 0, ++attempts,
                                attempt_record({.origin = origin,
                                                .outcome = attempt == last && below(2) == 0 ? "delivered" : "retry",
                                                .attempt = attempt,
                                                .event = event})));
      }
      if (below(3) == 0) told.push_back(stored(Topic::dead_letters, 0, 50 + l, discard_record(std::to_string(l))));
    }
    std::shuffle(told.begin(), told.end(), random);
    for (int again = below(5); again > 0; --again)
      told.push_back(told[static_cast<std::size_t>(below(static_cast<int>(told.size())))]);
    for (const auto& each : told) one.transaction([&] { one.read(each); });
    std::shuffle(told.begin(), told.end(), random);
    for (std::size_t at = 0; at < told.size();) {
      const std::size_t end = std::min(told.size(), at + 1 + static_cast<std::size_t>(below(5)));
      other.transaction([&] {
        while (at < end) other.read(told[at++]);
      });
      if (below(4) == 0) other.index = std::make_unique<Index>(other.path, TextBounds{});
    }
    CHECK(one.rows().size() == static_cast<std::size_t>(letters));
    CHECK(one.list() == other.list());
  }
}

TEST_CASE("Letters: those that a policy may send again are walked along, past what it may not") {
  Fixture f;
  const auto put = [&](std::int64_t offset, const std::string& event, const std::string& policy,
                       const std::string& endpoint, int replays = 0, const std::string& tenant = "default") {
    f.letter(offset, {.origin = "0:1",
                      .endpoint = endpoint,
                      .event = event,
                      .tenant = tenant,
                      .policy = policy,
                      .replays = replays});
  };
  put(1, "evt_1", "daily", "mail");
  put(2, "evt_2", "", "mail");
  put(3, "evt_3", "daily", "billing", 2);
  put(4, "evt_4", "daily", "billing");
  put(5, "evt_5", "hourly", "mail");
  put(6, "evt_6", "daily", "mail", 0, "acme");
  put(7, "evt_7", "daily", "billing");
  put(8, "evt_8", "daily", "billing");
  f.put(Topic::events, 9, replay("evt_7", event::letter_replay_id(0, 7)));
  f.put(Topic::dead_letters, 10, discard_record("8"));
  const auto behind = [&](const WaitingPlace& place) {
    std::string all;
    for (const LetterRow& row : Lookup(f.path).waiting_letters(place, 100)) all += row.event + " ";
    return all;
  };
  CHECK(behind({}) == "evt_6 evt_4 evt_3 evt_1 evt_5 ");
  const auto rows = Lookup(f.path).waiting_letters({}, 2);
  REQUIRE(rows.size() == 2);
  const WaitingPlace fourth = WaitingPlace::of(rows[1]);
  CHECK(rows[1].policy == "daily");
  CHECK(behind(fourth) == "evt_3 evt_1 evt_5 ");
  CHECK(behind(fourth.next_replays()) == "evt_3 evt_1 evt_5 ");
  CHECK(behind(fourth.next_endpoint()) == "evt_1 evt_5 ");
  CHECK(behind(fourth.next_policy()) == "evt_5 ");
  CHECK(Lookup(f.path).waiting_letters(fourth, 1)[0].replays == 2);
}

TEST_CASE("Letters: the oldest go, whatever was done with them, and nothing else") {
  Fixture f;
  for (std::int64_t i = 1; i <= 5; ++i)
    f.letter(i, {.origin = "0:" + std::to_string(i), .event = "evt_" + std::to_string(i)}, 100 * i);
  f.put(Topic::events, 2, replay("evt_2", "rpl_letter_0-2"));
  CHECK(f.index->oldest_letter(0)->at == 100);
  CHECK_FALSE(f.index->oldest_letter(1));
  CHECK(f.index->behind_letters(0, 2) == 3);
  CHECK(f.index->behind_letters(1, 2) == 0);
  CHECK_FALSE(f.index->drop_letters(0, 1));
  CHECK(f.index->drop_letters(0, 4));
  CHECK_FALSE(f.index->drop_letters(0, 4));
  CHECK(f.list() == "evt_5:open evt_4:open ");
}

TEST_CASE("Letters: a row that is not what was written is damage") {
  Fixture f;
  f.letter(1, {.origin = "0:1"});
  Connection(f.path).run("UPDATE letters SET discarded=1");
  CHECK_THROWS_AS(f.list(), Failure);
}
