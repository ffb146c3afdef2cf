// Two members of a group: partitions change hands when they are released, or when a member stood still for too long.

#include <doctest/doctest.h>
#include <signal.h>

#include "tests/common/log/kafka/harness.hpp"
#include "tests/common/log/kafka/process.hpp"

namespace certes {
namespace {

using log::Topic;
using test::Bell;
using test::eventually;
using test::NotedMember;

}  // namespace

TEST_CASE("Kafka member: what is revoked goes to the other once released, and commits are taken until then") {
  const auto options = test::kafka_options(test::shared_brokers());
  const auto log = test::open_prepared(options);
  const auto other_log = test::open_prepared(options);
  Bell bell;
  NotedMember first(*log, bell);
  REQUIRE(eventually(bell, [&] {
    first.poll();
    return first.owned.size() == 3;
  }));
  NotedMember second(*other_log, bell);
  REQUIRE(eventually(bell, [&] {
    first.poll();
    second.poll();
    return first.revoked.size() == 3;
  }));
  CHECK(second.owned.empty());
  for (std::int32_t p = 0; p < 3; ++p) CHECK(first.commit(bell, p, {10 + p, "first"}).has_value());
  second.poll();
  CHECK(second.owned.empty());

  first.member->release(0);
  first.member->release(1);
  const auto late = first.commit(bell, 0, {20, "late"});
  REQUIRE_FALSE(late.has_value());
  CHECK(late.error().code == Code::conflict);
  CHECK(first.commit(bell, 2, {12, "last"}).has_value());
  first.member->release(2);
  first.owned.clear();
  first.revoked.clear();
  REQUIRE(eventually(bell, [&] {
    first.poll();
    second.poll();
    first.release_all();
    return first.owned.size() + second.owned.size() == 3 && !second.owned.empty() && !first.owned.empty();
  }));
  for (const std::int32_t p : second.owned) CHECK(second.committed(bell, p).offset == 10 + p);
  for (const std::int32_t p : second.owned) CHECK(second.committed(bell, p).metadata == (p == 2 ? "last" : "first"));
  CHECK(first.lost.empty());
  CHECK(second.lost.empty());

  // Leaving gives them back.
  second.member->leave();
  REQUIRE(eventually(bell, [&] {
    second.poll();
    second.release_all();
    first.poll();
    first.release_all();
    return second.member->left() && first.owned.size() == 3;
  }));
}

TEST_CASE("Kafka member: a revoke may take longer than the session timeout, as long as it is polled") {
  auto options = test::kafka_options(test::shared_brokers());
  options.kafka.session_timeout = Millis{3'000};
  const auto log = test::open_prepared(options);
  Bell bell;
  NotedMember first(*log, bell);
  REQUIRE(eventually(bell, [&] {
    first.poll();
    return first.owned.size() == 3;
  }));
  NotedMember second(*log, bell);
  REQUIRE(eventually(bell, [&] {
    first.poll();
    second.poll();
    return first.revoked.size() == 3;
  }));
  const auto until = std::chrono::steady_clock::now() + Millis(5'000);
  eventually(bell, [&] {
    first.poll();
    second.poll();
    return std::chrono::steady_clock::now() > until;
  });
  CHECK(first.lost.empty());
  CHECK(first.commit(bell, 1, {5, "still mine"}).has_value());
}

TEST_CASE("Kafka member: one that stood still past the session timeout has lost its partitions") {
  auto options = test::kafka_options(test::shared_brokers());
  options.kafka.session_timeout = Millis{1'500};
  const auto log = test::open_prepared(options);
  test::Process child({test::sibling("kafka_member_process"), options.kafka.brokers, options.kafka.prefix, "1.5"});
  REQUIRE(child.await_line("assigned 3"));
  CHECK(child.ask("commit 0 7") == "committed");

  child.signal(SIGSTOP);
  Bell bell;
  NotedMember second(*log, bell);
  REQUIRE(eventually(bell, [&] {
    second.poll();
    return second.owned.size() == 3;
  }));
  CHECK(second.committed(bell, 0).offset == 7);
  CHECK(second.commit(bell, 0, {8, "second"}).has_value());

  child.signal(SIGCONT);
  REQUIRE(child.await_line("lost 3"));
  CHECK(child.ask("commit 0 9") == "conflict");
  REQUIRE(eventually(bell, [&] {
    second.poll();
    second.release_all();
    return second.owned.size() < 3;
  }));
  for (const std::int32_t p : second.owned)
    if (p == 0) CHECK(second.committed(bell, 0).offset == 8);
}

TEST_CASE("Kafka member: a process that was killed gives way after its session") {
  auto options = test::kafka_options(test::shared_brokers());
  options.kafka.session_timeout = Millis{1'500};
  const auto log = test::open_prepared(options);
  test::Process child({test::sibling("kafka_member_process"), options.kafka.brokers, options.kafka.prefix, "1.5"});
  REQUIRE(child.await_line("assigned 3"));
  child.signal(SIGKILL);
  Bell bell;
  NotedMember second(*log, bell);
  CHECK(eventually(bell, [&] {
    second.poll();
    return second.owned.size() == 3;
  }));
}

}  // namespace certes
