#include "common/http/client/host_names.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <string>

#include "common/base/random.hpp"

using certes::http::HostNames;

namespace {

constexpr std::size_t kTenants = 6, kHosts = 40;

// Whatever is asked, waits and ends, in whatever order: who has threads, by the rules that are said.
class Play {
 public:
  Play(int threads, std::size_t most, std::uint64_t seed)
      : threads_(threads), random_(seed), names_(static_cast<std::size_t>(threads), most) {}

  void step() {
    const auto what = random_.bits() % 8;
    if (what < 4) return ask();
    if (what < 6 || turns_.empty()) return begin();
    end();
  }

 private:
  // Few tenants ask for most, and most tenants for few; names are shared.
  void ask() {
    const std::string tenant = std::to_string(std::min(random_.bits() % kTenants, random_.bits() % kTenants));
    const std::string host = std::to_string(random_.bits() % kHosts);
    HostNames::Tells away;
    HostNames::Place* place = names_.place(tenant, host, away);
    CHECK(away.empty());  // nobody has left a word
    if (place == nullptr) return;
    REQUIRE(place->name->host == host);
    names_.wait(*place);
    REQUIRE(place->name->stage != HostNames::Stage::idle);
  }
  void begin() {
    const bool may = names_.may_begin();
    const std::size_t waited = names_.waiting();
    auto turn = names_.next();
    REQUIRE(turn.has_value() == may);
    if (!turn) return check_none_may(waited);
    REQUIRE(names_.waiting() == waited - 1);
    REQUIRE(turn->name->waiting.empty());
    ++at_work_[turn->tenant];
    silent_ += turn->silent;
    turns_.push_back(std::move(*turn));
    REQUIRE(turns_.size() <= static_cast<std::size_t>(threads_));
    REQUIRE(silent_ <= std::max(1, threads_ / 2));
    if (threads_ > 1) REQUIRE(at_work_[turns_.back().tenant] <= threads_ - std::max(1, threads_ / 4));
  }
  // Then nothing waits, or there are no threads, but for silent names.
  void check_none_may(std::size_t waited) const {
    const int kept = threads_ < 2 ? 0 : std::max(1, threads_ / 4);
    const bool little_left = turns_.size() + 1 + static_cast<std::size_t>(kept) > static_cast<std::size_t>(threads_);
    const int half = std::max(1, threads_ / 2);
    const bool silent_taken = silent_ + 1 + (half < 2 ? 0 : std::max(1, half / 4)) > half;
    REQUIRE((waited == 0 || little_left || silent_taken));
  }
  void end() {
    std::swap(turns_[random_.bits() % turns_.size()], turns_.back());
    HostNames::Turn turn = std::move(turns_.back());
    turns_.pop_back();
    --at_work_[turn.tenant];
    silent_ -= turn.silent;
    turn.name->silent = random_.bits() % 2 == 0;
    names_.done(turn);
  }

  const int threads_;
  certes::Random random_;
  HostNames names_;
  std::vector<HostNames::Turn> turns_;
  std::map<HostNames::Tenant*, int> at_work_;
  int silent_ = 0;
};

HostNames::Place* ask(HostNames& names, const std::string& tenant, const std::string& host) {
  HostNames::Tells away;
  HostNames::Place* place = names.place(tenant, host, away);
  if (place != nullptr) names.wait(*place);
  return place;
}

}  // namespace

TEST_CASE("HostNames: threads go by shares, whatever is asked and whatever ends") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed)
    for (const int threads : {1, 2, 4, 8, 9})
      for (const std::size_t most : {1, 10, 1'000}) {
        Play play(threads, most, seed);
        for (int i = 0; i < 4'000; ++i) play.step();
      }
}

TEST_CASE("HostNames: tenants have their turns one after the other, each its names in order") {
  HostNames names(3, 100);
  for (const char* host : {"a1", "a2", "a3"}) ask(names, "a", host);
  for (const char* host : {"b1", "b2"}) ask(names, "b", host);
  for (const char* expected : {"a1", "b1", "a2", "b2", "a3"}) {
    const auto turn = names.next();
    REQUIRE(turn);
    CHECK(turn->host == expected);
    names.done(*turn);
  }
  CHECK_FALSE(names.next());
}

TEST_CASE("HostNames: whoever holds most gives way, by what it has not asked for the longest") {
  HostNames names(1, 4);
  HostNames::Tells away;
  const auto known = [&](const std::string& tenant, const std::string& host) {
    const auto* place = names.place(tenant, host, away);
    REQUIRE(place != nullptr);
    return place->name->last != nullptr;
  };
  const auto learn = [&](const std::string& tenant, const std::string& host) {
    HostNames::Place* place = names.place(tenant, host, away);
    place->name->last = std::make_shared<const certes::http::Resolution>();
  };
  for (const char* host : {"a1", "a2", "a3"}) learn("a", host);
  learn("b", "b1");
  CHECK(known("a", "a1"));
  learn("b", "b2");  // instead of a2
  for (const char* host : {"a1", "a3"}) CHECK(known("a", host));
  for (const char* host : {"b1", "b2"}) CHECK(known("b", host));
  CHECK_FALSE(known("a", "a4"));  // as much as b: instead of its own
  for (const char* host : {"b1", "b2"}) CHECK(known("b", host));
  CHECK(away.empty());
}

TEST_CASE("HostNames: whoever holds most gives way each time, as long as it does") {
  HostNames names(1, 5);
  HostNames::Tells away;
  const auto* first = names.place("b", "b1", away)->name;
  for (const char* host : {"a1", "a2", "a3", "a4"}) names.place("a", host, away);
  for (const char* host : {"b2", "b3"}) names.place("b", host, away);  // instead of a1 and a2
  CHECK(first->places == 1);
  CHECK(names.place("b", "b1", away)->name == first);
}

TEST_CASE("HostNames: a name that gives way goes on waiting for the others who wait for it") {
  HostNames names(1, 3);
  for (const char* host : {"y", "x"}) ask(names, "a", host);
  ask(names, "b", "x");
  ask(names, "c", "z");  // instead of a's x
  CHECK(names.waiting() == 3);
  for (const char* expected : {"y", "x", "z"}) {
    const auto turn = names.next();
    REQUIRE(turn);
    CHECK(turn->host == expected);
    names.done(*turn);
  }
}

TEST_CASE("HostNames: who is at work on little has a turn before others") {
  HostNames names(8, 100);
  for (const char* host : {"a1", "a2", "a3", "a4"}) ask(names, "a", host);
  for (int i = 0; i < 3; ++i) REQUIRE(names.next());
  ask(names, "b", "b1");
  CHECK(names.next()->host == "b1");
  CHECK(names.next()->host == "a4");
}

TEST_CASE("HostNames: a silent name's turn comes between others', as it stands") {
  HostNames names(1, 100);
  const auto look_up = [&](bool silent) {
    const auto turn = names.next();
    REQUIRE(turn);
    turn->name->silent = silent;
    names.done(*turn);
    return turn->host;
  };
  ask(names, "a", "a1");
  CHECK(look_up(true) == "a1");
  for (const char* host : {"b1", "b2"}) ask(names, "b", host);
  ask(names, "a", "a1");
  ask(names, "c", "c1");
  for (const char* expected : {"b1", "a1", "c1", "b2"}) CHECK(look_up(true) == expected);
  ask(names, "a", "a1");
  ask(names, "c", "c1");
  ask(names, "a", "a2");  // before its silent one, in the turn that it has
  for (const char* expected : {"a2", "c1", "a1"}) CHECK(look_up(false) == expected);
  CHECK_FALSE(names.next());
}

// Of this process' own time: with a look at all that wait, each step would make it minutes.
TEST_CASE("HostNames: a step costs the same however many tenants wait for silent names") {
  constexpr int kMany = 30'000;
  const std::clock_t began = std::clock();
  HostNames names(32, kMany);
  const auto ask_all = [&] {
    for (int i = 0; i < kMany; ++i) ask(names, std::to_string(i), std::to_string(i) + ".test");
  };
  ask_all();
  while (const auto turn = names.next()) {
    turn->name->silent = true;
    names.done(*turn);
  }
  ask_all();
  while (names.next()) {
  }  // half of the threads hang
  for (int i = 0; i < kMany; ++i) REQUIRE_FALSE(names.may_begin());
  CHECK(names.waiting() == kMany - 16);
  CHECK(std::clock() - began < 5 * CLOCKS_PER_SEC);
}
