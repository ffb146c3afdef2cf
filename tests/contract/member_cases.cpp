// What every engine promises about membership: assignment, commits, reading, leaving.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/contract/fixture.hpp"

namespace certes::contract {
namespace {

using log::Committed;
using log::kLogStart;
using log::RecordPtr;
using log::Topic;

// Notes what membership brings; releases revoked partitions by itself if asked to.
struct Notes : log::MemberHandler {
  void on_assigned(const std::vector<std::int32_t>& partitions) override {
    assigned.insert(partitions.begin(), partitions.end());
  }
  void on_revoked(const std::vector<std::int32_t>& partitions) override {
    revoked.insert(partitions.begin(), partitions.end());
    if (during_revoke) during_revoke(partitions);
  }
  void on_lost(const std::vector<std::int32_t>& partitions) override {
    lost.insert(partitions.begin(), partitions.end());
  }

  std::set<std::int32_t> assigned, revoked, lost;
  std::function<void(const std::vector<std::int32_t>&)> during_revoke;
};

// A member that has all partitions.
struct Joined {
  explicit Joined(Fixture& f) : fixture(f), member(f.log->join(notes, f.bell.wake())) {
    REQUIRE(f.eventually([&] {
      poll();
      return notes.assigned.size() == kPartitions;
    }));
  }
  void poll() const {
    const auto polled = member->poll();
    REQUIRE_MESSAGE(polled.has_value(), polled.error().message);
  }
  Result<void> commit(std::int32_t partition, Committed value) {
    std::optional<Result<void>> answer;
    member->commit(partition, std::move(value), [&](Result<void> result) { answer = std::move(result); });
    REQUIRE(fixture.eventually([&] {
      poll();
      return answer.has_value();
    }));
    return *answer;
  }
  Committed committed(std::int32_t partition) {
    std::optional<Result<Committed>> answer;
    member->committed(partition, [&](Result<Committed> result) { answer = std::move(result); });
    REQUIRE(fixture.eventually([&] {
      poll();
      return answer.has_value();
    }));
    REQUIRE_MESSAGE(answer->has_value(), answer->error().message);
    return answer->value();
  }
  std::vector<RecordPtr> read(std::size_t count) {
    std::vector<RecordPtr> records;
    fixture.eventually([&] {
      poll();
      const auto got = member->read(count - records.size(), records);
      REQUIRE_MESSAGE(got.has_value(), got.error().message);
      return records.size() >= count || (*got > 0 && (fixture.bell.ring(), false));
    });
    return records;
  }
  void leave() {
    notes.during_revoke = [&](const std::vector<std::int32_t>& partitions) {
      for (const std::int32_t p : partitions) member->release(p);
    };
    member->leave();
    REQUIRE(fixture.eventually([&] {
      if (member->left()) return true;
      poll();
      return member->left();
    }));
  }

  Fixture& fixture;
  Notes notes;
  std::unique_ptr<log::Member> member;
};

std::vector<log::Record> numbered(int from, int to) {
  std::vector<log::Record> records;
  for (int i = from; i < to; ++i) records.push_back(record(std::to_string(i)));
  return records;
}

}  // namespace

TEST_CASE("Member: a sole member is assigned every partition, and nothing is read before start") {
  Fixture f;
  f.append(Topic::events, 0, record("x"));
  Joined joined(f);
  CHECK(joined.notes.revoked.empty());
  CHECK(joined.notes.lost.empty());
  std::vector<RecordPtr> records;
  const auto got = joined.member->read(10, records);
  REQUIRE(got.has_value());
  CHECK(*got == 0);
  joined.leave();
}

TEST_CASE("Member: gives back offset and metadata as they were committed") {
  Fixture f;
  f.append_all(Topic::events, 1, numbered(0, 20));
  std::string metadata;
  for (int i = 0; i < 3'000; ++i) metadata.push_back(static_cast<char>(i));
  {
    Joined joined(f);
    CHECK(joined.committed(1).offset == log::kNoOffset);
    CHECK(joined.commit(1, {7, metadata}).has_value());
    CHECK(joined.commit(0, {0, ""}).has_value());
    const Committed back = joined.committed(1);
    CHECK(back.offset == 7);
    CHECK(back.metadata == metadata);
    CHECK(joined.committed(0).offset == 0);
    CHECK(joined.committed(0).metadata.empty());
    CHECK(joined.committed(2).offset == log::kNoOffset);
    CHECK(joined.commit(1, {5, "back"}).has_value());  // commits may go back
    CHECK(joined.committed(1).offset == 5);
    CHECK(joined.commit(1, {7, metadata}).has_value());
    joined.leave();
  }
  if (f.engine->capabilities().durable) f.reopen();
  Joined again(f);
  CHECK(again.committed(1).offset == 7);
  CHECK(again.committed(1).metadata == metadata);
  again.leave();
}

TEST_CASE("Member: refuses to commit for a partition that it does not own") {
  Fixture f;
  Joined joined(f);
  joined.leave();
  std::optional<Result<void>> answer;
  joined.member->commit(0, {1, ""}, [&](Result<void> result) { answer = std::move(result); });
  REQUIRE(f.eventually([&] {
    if (!answer) static_cast<void>(joined.member->poll().has_value());
    return answer.has_value();
  }));
  REQUIRE_FALSE(answer->has_value());
  CHECK(answer->error().code == Code::conflict);
}

TEST_CASE("Member: callbacks of commit and committed run in poll") {
  Fixture f;
  Joined joined(f);
  bool called = false;
  joined.member->committed(0, [&](const Result<Committed>&) { called = true; });
  CHECK_FALSE(called);
  REQUIRE(f.eventually([&] {
    joined.poll();
    return called;
  }));
  joined.leave();
}

TEST_CASE("Member: reads each started partition in offset order") {
  Fixture f;
  for (std::int32_t p = 0; p < kPartitions; ++p) f.append_all(Topic::events, p, numbered(0, 100));
  Joined joined(f);
  joined.member->start(0, kLogStart);
  joined.member->start(2, 40);
  const auto records = joined.read(160);
  REQUIRE(records.size() == 160);
  int next[kPartitions] = {0, 0, 40};
  for (const RecordPtr& each : records) {
    CHECK(each->partition != 1);
    CHECK(each->value == std::to_string(next[each->partition]++));
  }
  CHECK(next[0] == 100);
  CHECK(next[2] == 100);
  joined.leave();
}

TEST_CASE("Member: stopped and started again, it skips nothing and repeats nothing") {
  Fixture f;
  f.append_all(Topic::events, 0, numbered(0, 300));
  Joined joined(f);
  joined.member->start(0, kLogStart);
  std::vector<RecordPtr> records = joined.read(10);
  REQUIRE(records.size() == 10);
  joined.member->stop(0);
  std::vector<RecordPtr> none;
  for (int i = 0; i < 3; ++i) {
    joined.poll();
    const auto got = joined.member->read(100, none);
    REQUIRE(got.has_value());
    CHECK(none.empty());
  }
  f.append_all(Topic::events, 0, numbered(300, 310));
  joined.member->start(0, records.back()->offset + 1);
  const auto rest = joined.read(300);
  REQUIRE(rest.size() == 300);
  for (std::size_t i = 0; i < rest.size(); ++i) CHECK(rest[i]->value == std::to_string(i + 10));
  joined.leave();
}

TEST_CASE("Member: is woken by new events") {
  Fixture f;
  Bell woken;
  Notes notes;
  const auto member = f.log->join(notes, woken.wake());
  REQUIRE(f.eventually([&] {
    REQUIRE(member->poll().has_value());
    return notes.assigned.size() == kPartitions;
  }));
  for (std::int32_t p = 0; p < kPartitions; ++p) member->start(p, kLogStart);
  std::vector<RecordPtr> records;
  for (std::size_t round = 1; round <= 6; ++round) {
    f.append(Topic::events, static_cast<std::int32_t>(round % kPartitions), record(std::to_string(round)));
    const auto end = std::chrono::steady_clock::now() + f.engine->capabilities().patience;
    while (records.size() < round && std::chrono::steady_clock::now() < end) {
      woken.wait(Millis(1'000));  // membership wants a poll now and then
      REQUIRE(member->poll().has_value());
      REQUIRE(member->read(100, records).has_value());
    }
    REQUIRE(records.size() == round);
    CHECK(records.back()->value == std::to_string(round));
  }
}

TEST_CASE("Member: a start below the log's start is not_found, names the partition and stops it alone") {
  Fixture f;
  f.append_all(Topic::events, 0, numbered(0, 10));
  f.append_all(Topic::events, 1, numbered(0, 10));
  REQUIRE(f.log->trim(Topic::events, 1, 5, kTimeout).has_value());
  Joined joined(f);
  joined.member->start(0, kLogStart);
  joined.member->start(1, 2);
  std::vector<RecordPtr> records;
  std::optional<Error> error;
  REQUIRE(f.eventually([&] {
    joined.poll();
    const auto got = joined.member->read(100, records);
    if (!got.has_value()) error = got.error();
    return error.has_value() && records.size() >= 10;
  }));
  CHECK(error->code == Code::not_found);
  CHECK(error->pointer == "1");
  CHECK(records.size() == 10);
  joined.member->start(1, kLogStart);
  CHECK(joined.read(5).size() == 5);
  joined.leave();
}

TEST_CASE("Member: leaving revokes every partition first, and takes commits until they are released") {
  Fixture f;
  f.append_all(Topic::events, 0, numbered(0, 5));
  {
    Joined joined(f);
    joined.member->leave();
    REQUIRE(f.eventually([&] {
      joined.poll();
      return joined.notes.revoked.size() == kPartitions;
    }));
    CHECK_FALSE(joined.member->left());
    CHECK(joined.commit(0, {3, "late"}).has_value());
    for (std::int32_t p = 0; p < kPartitions; ++p) joined.member->release(p);
    REQUIRE(f.eventually([&] {
      if (joined.member->left()) return true;
      joined.poll();
      return joined.member->left();
    }));
    CHECK(joined.notes.lost.empty());
  }
  Joined next(f);
  CHECK(next.committed(0).offset == 3);
  CHECK(next.committed(0).metadata == "late");
  next.leave();
}

}  // namespace certes::contract
