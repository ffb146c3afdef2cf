// Commits that the owner's group did not make.

#include <doctest/doctest.h>

#include "dispatcher/book/items.hpp"
#include "dispatcher/ownership/commit_note.hpp"
#include "tests/dispatcher/ownership/owner_process.hpp"

namespace certes::dispatcher::testing {
namespace {

// Record 0 is done, 1 waits for a retry, 2 and 3 are open: in a checkpoint; 4 was not read yet.
struct Left : Fixture {
  Left() : Fixture(4) {
    Process process(cluster, clock);
    process.poll();
    process.attempt(0, "delivered", 1);
    process.attempt(1, "retry", 3, 12'345);
    process.poll();
    checkpoint(process);
    put();
  }
  // What the next owner gives, and what it knows of the rest.
  void check_nothing_lost() {
    Process next(cluster, clock, 2);
    next.poll();
    CHECK(next.given() == Offsets{4});
    CHECK(next.open() == Offsets{1, 2, 3, 4});
    CHECK(next.tried(1).attempts == 3);
    CHECK(next.tried(1).due == 12'345);
    disbelieved += next.disbelieved;
    CHECK(decode_note(cluster->committed(0).metadata));
    CHECK(cluster->committed(0).offset == 1);
    CHECK(disbelieved == 1);
  }
  int disbelieved = 0;
};

TEST_CASE("Owner: a commit that another program made does not count, the newest checkpoint does") {
  Left left;
  SUBCASE("at the end of the log") { left.cluster->commit_foreign(0, {5, ""}); }
  SUBCASE("at its begin") { left.cluster->commit_foreign(0, {0, ""}); }
  SUBCASE("with metadata of its own") { left.cluster->commit_foreign(0, {5, "spring"}); }
  SUBCASE("with the metadata that was there") {
    left.cluster->commit_foreign(0, {5, left.cluster->committed(0).metadata});
  }
  SUBCASE("none any more") { left.cluster->commit_foreign(0, {}); }
  left.check_nothing_lost();
}

TEST_CASE("Owner: nor does it for the owner after one that ended before its first checkpoint") {
  Left left;
  left.cluster->commit_foreign(0, {5, left.cluster->committed(0).metadata});
  {
    Process short_lived(left.cluster, left.clock, 3);
    short_lived.poll(2, 0);
    left.disbelieved = short_lived.disbelieved;
  }
  left.check_nothing_lost();
}

TEST_CASE("Owner: where another program committed and there is no checkpoint, the log is read from its begin") {
  Fixture f(3);
  f.cluster->commit_foreign(0, {3, ""});
  Process process(f.cluster, f.clock);
  process.poll();
  CHECK(process.records.size() == 3);
  CHECK(process.disbelieved == 1);
}

TEST_CASE("Owner: a first start is no commit of another program") {
  Fixture f(1);
  Process process(f.cluster, f.clock);
  process.poll();
  CHECK(process.records.size() == 1);
  CHECK(process.disbelieved == 0);
}

TEST_CASE("Owner: what another group has worked on is left to it, and told once a minute") {
  Fixture f(3);
  const auto of = [&](std::string group, std::uint64_t id) {
    OwnerOptions options;
    options.group = std::move(group);
    return std::make_unique<Process>(f.cluster, f.clock, id, options);
  };
  {
    const auto first = of("a", 1);
    first->poll();
    f.checkpoint(*first);
  }
  const log::Committed committed = f.cluster->committed(0);
  f.cluster->commit_foreign(0, {});  // each group has commits of its own
  {
    const auto other = of("b", 2);
    other->poll();
    CHECK(other->running == 0);
    CHECK_FALSE(other->owner->owns(0));
    CHECK(other->others == std::vector<std::string>{"a"});
    f.clock.advance(Millis{60'001});
    other->poll();
    CHECK(other->others.size() == 2);
  }
  CHECK(f.cluster->committed(0).offset == log::kNoOffset);
  f.cluster->commit_foreign(0, committed);
  const auto again = of("a", 3);
  again->poll();
  CHECK(again->others.empty());
  CHECK(again->open() == Offsets{0, 1, 2});
}

TEST_CASE("Owner: that another group works on it is known from its term on, before its first checkpoint") {
  Fixture f(1);
  OwnerOptions options;
  options.group = "a";
  {
    Process process(f.cluster, f.clock, 1, options);
    process.poll();
    CHECK(process.running == 1);
  }
  f.cluster->commit_foreign(0, {});
  options.group = "b";
  Process other(f.cluster, f.clock, 2, options);
  other.poll();
  CHECK(other.running == 0);
  CHECK(other.others == std::vector<std::string>{"a"});
}

TEST_CASE("Owner: nor is what another group has begun to write since, where its own commit is believed") {
  Fixture f(3);
  OwnerOptions options;
  options.group = "a";
  {
    Process process(f.cluster, f.clock, 1, options);
    process.poll();
    f.checkpoint(process);
  }
  log::Record piece;
  piece.headers.add(log::names::kGroup, "b");
  piece.value = book::item_records({9, book::ItemKind::lanes, 0}, "lanes", 1'024)[0].value;
  f.cluster->put(log::Topic::progress, 0, std::move(piece));
  Process next(f.cluster, f.clock, 2, options);
  next.poll();
  CHECK(next.running == 0);
  CHECK(next.others == std::vector<std::string>{"b"});
}

TEST_CASE("Owner: what was written before there were chunks says nothing") {
  Fixture f(3);
  log::Record old;
  old.value = "CKP1 and so on, which nobody understands";
  f.cluster->put(log::Topic::progress, 0, std::move(old));
  f.cluster->commit_foreign(0, {3, "certes1 0 0 7 0 3"});
  Process process(f.cluster, f.clock);
  process.poll();
  CHECK(process.given() == Offsets{0, 1, 2});
  CHECK(process.disbelieved == 1);
}

}  // namespace
}  // namespace certes::dispatcher::testing
