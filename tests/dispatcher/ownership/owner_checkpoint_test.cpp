// Checkpoints as the owner writes them, and what it makes of one that cannot be read.

#include <doctest/doctest.h>

#include <algorithm>

#include "dispatcher/book/items.hpp"
#include "dispatcher/book/manifest_codec.hpp"
#include "dispatcher/ownership/commit_note.hpp"
#include "dispatcher/ownership/outcome_records.hpp"
#include "tests/dispatcher/ownership/owner_process.hpp"

namespace certes::dispatcher::testing {
namespace {

using book::ItemKind;

CommitNote note_of(const Fixture& f) { return decode_note(f.cluster->committed(0).metadata).value_or(CommitNote{}); }

// The places of that kind's items on `progress`, and of chunks of that number alone.
Offsets places(const Fixture& f, ItemKind kind, std::optional<std::uint32_t> number = {}) {
  Offsets found;
  const log::OffsetRange range = f.cluster->range(log::Topic::progress, 0);
  for (std::int64_t at = range.start; at < range.end; ++at)
    if (const auto record = f.cluster->at(log::Topic::progress, 0, at))
      if (const auto name = book::ItemReader::of(*record); name && name->kind == kind)
        if (!number || name->number == *number) found.push_back(at);
  return found;
}

TEST_CASE("Owner: what many deliveries wait for survives in a checkpoint of several records, none too large") {
  constexpr int kEvents = 40'000;
  for (const std::size_t most : {std::size_t{2u << 20}, std::size_t{1'000}}) {
    Fixture f;
    f.cluster = log::memory::make_cluster({.partitions = 1, .clock = &f.clock, .max_record_bytes = most});
    for (int i = 0; i < kEvents; ++i) f.put();
    {
      Process process(f.cluster, f.clock);
      process.poll();
      for (std::int64_t offset = 0; offset < kEvents; ++offset)
        process.attempt(offset, offset % 5 == 0 ? "delivered" : "retry", 2, 5);
      for (std::int64_t offset = 1; offset < kEvents; offset += 40)
        process.attempt(offset, "dead_lettered", 3, 0, "max_attempts", "500", std::string(1'000, 'x'));
      process.poll();
      f.checkpoint(process);
      CHECK(places(f, ItemKind::manifest).size() == 1);
      CHECK(places(f, ItemKind::chunk).size() > (most < 2'000 ? 16 : 1));
      process.attempt(1, "delivered", 3);
      process.poll();
      CHECK(process.recorded.back() == 1);
    }
    Process next(f.cluster, f.clock, 2);
    next.poll(200);
    CHECK(next.unreadable.empty());
    CHECK(next.records.empty());
    CHECK(next.index->counts().open() == kEvents - kEvents / 5 - 1);
    CHECK(next.tried(2).attempts == 2);
    CHECK(next.find(41)->reason->answer.size() == 1'000);
  }
}

TEST_CASE("Owner: a checkpoint is encoded a bounded amount a round, and committed when all of it stands") {
  constexpr std::int64_t kChunks = 4, kTried = kChunks * 60'000;
  Fixture f;
  for (std::int64_t i = 0; i < kChunks * book::kChunkOffsets; ++i) f.put();
  {
    Process process(f.cluster, f.clock);
    process.poll(10, 300'000);
    REQUIRE(process.records.size() == kChunks * book::kChunkOffsets);
    for (std::int64_t i = 0; i < kTried; ++i)
      process.index->tried({i / 60'000 * book::kChunkOffsets + i % 60'000, process.lane}, {3, i * 7'919 % 100'000, 9});
    f.clock.advance(Millis{10'001});
    std::vector<std::size_t> chunks;  // records of them, by round
    while (note_of(f).manifest < 0) {
      const int woken = process.woken;
      process.poll(1, 0);
      chunks.push_back(places(f, ItemKind::chunk).size());
      REQUIRE(chunks.size() < 20);
      if (places(f, ItemKind::manifest).empty()) CHECK(process.woken > woken);
    }
    CHECK(chunks.size() > 2);
    CHECK(chunks.front() < chunks.back());
  }
  Process next(f.cluster, f.clock, 2);
  next.poll(40);
  CHECK(next.index->counts().tried == kTried);
  CHECK(next.records.empty());
}

TEST_CASE("Owner: a chunk that does not change stays where it was written, over several checkpoints and owners") {
  Fixture f;
  for (std::int64_t i = 0; i < book::kChunkOffsets; ++i) f.put();
  auto process = std::make_unique<Process>(f.cluster, f.clock);
  process->poll();
  f.checkpoint(*process);
  const Offsets first = places(f, ItemKind::chunk, 0);
  REQUIRE(first.size() == 1);
  for (std::uint64_t id = 2; id < 7; ++id) {
    for (int i = 0; i < 10; ++i) f.put();
    process->poll();
    process->deliver({f.cluster->range(log::Topic::events, 0).end - 1});
    f.checkpoint(*process);
    if (id % 2 == 0) continue;
    process.reset();
    process = std::make_unique<Process>(f.cluster, f.clock, id);
    process->poll();
    CHECK(process->unreadable.empty());
  }
  CHECK(places(f, ItemKind::manifest).size() == 6);
  CHECK(places(f, ItemKind::chunk, 0) == first);
  CHECK(places(f, ItemKind::chunk, 1).size() == 5);
  CHECK(process->open(17));
  CHECK(process->index->counts().open() == book::kChunkOffsets + 5 * 9);
  CHECK(f.cluster->range(log::Topic::progress, 0).start <= first[0]);
}

TEST_CASE("Owner: a checkpoint of which something is in doubt counts for nothing, and is written again") {
  ManualClock clock;
  const auto cluster = log::memory::make_cluster({.partitions = 1, .clock = &clock, .stepped = true});
  const auto serve = [&](Process& process, std::uint64_t id) {
    for (int round = 0; round < 30; ++round) {
      clock.advance(Millis{101});
      process.poll(1);
      while (!cluster->requests().empty()) cluster->answer(id);
      for (const auto& lane : cluster->lanes()) cluster->land(lane);
    }
  };
  for (int i = 0; i < 3; ++i) cluster->put(log::Topic::events, 0, {});
  {
    Process process(cluster, clock);
    serve(process, 1);
    REQUIRE(process.records.size() == 3);
    clock.advance(Millis{10'001});
    process.poll(1);
    REQUIRE_FALSE(cluster->lanes().empty());  // chunk and lanes
    for (const auto& lane : cluster->lanes()) cluster->drop(lane);
    cluster->break_appenders(1);
    serve(process, 1);
    clock.advance(Millis{10'001});
    serve(process, 1);
    CHECK(decode_note(cluster->committed(0).metadata)->manifest >= 0);
  }
  cluster->kill(1);
  Process next(cluster, clock, 2);
  serve(next, 2);
  CHECK(next.unreadable.empty());
  CHECK(next.records.empty());
  CHECK(next.open() == Offsets{0, 1, 2});
}

TEST_CASE("Owner: what no checkpoint names any more is trimmed, and what one names is not") {
  Fixture f;
  Process process(f.cluster, f.clock);
  process.poll();
  for (int i = 0; i < 40; ++i) {
    f.put();
    process.poll(2);
    process.deliver({i});
    process.index->lanes().set_notes(process.lane, {0, f.clock.unix_millis(), 0});  // else they stay where they stand
    f.checkpoint(process);
  }
  const log::OffsetRange kept = f.cluster->range(log::Topic::progress, 0);
  CHECK(kept.end >= 40);
  CHECK(kept.end - kept.start < 30);
  Process next(f.cluster, f.clock, 2);
  next.poll();
  CHECK(next.unreadable.empty());
}

// Two checkpoints and a tail: 0 is done, 1 was tried once by the first, twice by the second, three times since.
struct Twice : Fixture {
  Twice() : Fixture(3) {
    Process process(cluster, clock);
    process.poll();
    process.attempt(0, "delivered", 1);
    process.attempt(1, "retry", 1, 100);
    process.poll();
    checkpoint(process);
    put();
    process.poll();
    process.attempt(1, "retry", 2, 200);
    process.attempt(2, "delivered", 1);
    process.poll();
    checkpoint(process);
    process.attempt(1, "retry", 3, 300);
    process.poll();
    note = note_of(*this);
    REQUIRE(note.previous >= 0);
    REQUIRE(places(*this, ItemKind::chunk).size() == 2);
  }
  void corrupt(std::int64_t place) { cluster->corrupt(log::Topic::progress, 0, place); }
  // What the next owner knows, whatever it goes by; and it goes on from it.
  Offsets next(std::size_t unreadable) {
    Offsets given;
    {
      Process process(cluster, clock, 2);
      process.poll(30);
      CHECK(process.unreadable.size() == unreadable);
      CHECK(process.open() == Offsets{1, 3});
      CHECK(process.tried(1).attempts == 3);
      CHECK(process.tried(1).due == 300);
      given = process.given();
      checkpoint(process);
    }
    Process after(cluster, clock, 3);
    after.poll();
    CHECK(after.unreadable.empty());
    CHECK(after.open() == Offsets{1, 3});
    CHECK(after.tried(1).attempts == 3);
    return given;
  }
  CommitNote note;
};

TEST_CASE("Owner: an unreadable manifest: the one before it, and the tails from its positions") {
  Twice twice;
  twice.corrupt(twice.note.manifest);
  CHECK(twice.next(1) == Offsets{3});
}

TEST_CASE("Owner: an unreadable chunk: the manifest before, which names another") {
  Twice twice;
  twice.corrupt(places(twice, ItemKind::chunk).back());
  CHECK(twice.next(1) == Offsets{3});
}

TEST_CASE("Owner: neither is readable: events above what is committed are routed again, and meet what the tails say") {
  Twice twice;
  SUBCASE("the manifests") {
    twice.corrupt(twice.note.manifest);
    twice.corrupt(twice.note.previous);
  }
  SUBCASE("the chunks") {
    for (const std::int64_t place : places(twice, ItemKind::chunk)) twice.corrupt(place);
  }
  SUBCASE("the lanes") {
    for (const std::int64_t place : places(twice, ItemKind::lanes)) twice.corrupt(place);
  }
  CHECK(twice.next(2) == Offsets{1, 2, 3});
}

TEST_CASE("Owner: a checkpoint that is not there whole, or not of what is committed, is unreadable") {
  Twice twice;
  SUBCASE("it was cut off") {
    twice.cluster->cut(log::Topic::progress, 0, twice.note.manifest);
    Process process(twice.cluster, twice.clock, 4);
    process.poll();
    CHECK(process.unreadable.size() == 1);
    CHECK(process.open() == Offsets{1, 3});
  }
  SUBCASE("its end does not come") {
    log::Record first;
    first.value = book::item_records({9, ItemKind::manifest, 0}, std::string(5'000, 'x'), 1'024)[0].value;
    const std::int64_t place = twice.cluster->put(log::Topic::progress, 0, std::move(first));
    twice.cluster->commit_foreign(0, {1, encode(CommitNote{place, twice.note.previous, twice.note.term, 1})});
    Process process(twice.cluster, twice.clock, 4);
    process.poll();
    CHECK(process.unreadable.size() == 1);
    CHECK(process.open() == Offsets{1, 3});
  }
  SUBCASE("a former owner's late records do not matter") {
    log::Record late;
    add_term(late.headers, 1);
    twice.cluster->put(log::Topic::progress, 0, std::move(late));
    CHECK(twice.next(0) == Offsets{});
  }
  SUBCASE("it is of another offset") {
    twice.cluster->commit_foreign(0, {2, encode(CommitNote{twice.note.manifest, -1, twice.note.term, 2})});
    Process process(twice.cluster, twice.clock, 4);
    process.poll();
    CHECK(process.unreadable.size() == 1);  // the one before, that it names itself, fits
    CHECK(process.index->position() == 4);
  }
}

}  // namespace
}  // namespace certes::dispatcher::testing
