// What the engine does when a broker stands still, is killed, comes back, or asks who it is.

#include <doctest/doctest.h>
#include <signal.h>

#include "tests/common/log/kafka/harness.hpp"
#include "tests/common/log/kafka/own_broker.hpp"

namespace certes {
namespace {

using log::AppendOutcome;
using log::AppendResult;
using log::Topic;
using test::Bell;
using test::eventually;

std::vector<AppendResult> append_many(log::Appender& appender, Bell& bell, int count,
                                      const std::function<void()>& meanwhile) {
  std::vector<AppendResult> results;
  for (int i = 0; i < count; ++i) {
    const auto taken = appender.append(Topic::events, log::kAnyPartition, test::record_of(std::to_string(i)),
                                       [&](AppendResult&& result) { results.push_back(std::move(result)); });
    REQUIRE_MESSAGE(taken.has_value(), taken.error().message);
  }
  appender.flush();
  meanwhile();
  CHECK(eventually(bell, [&] {
    appender.poll();
    return results.size() == static_cast<std::size_t>(count);
  }));
  return results;
}

log::kafka::Options secured_options(const test::OwnBroker& broker) {
  auto options = test::kafka_options(broker.brokers());
  options.kafka.security_protocol = "sasl_ssl";
  options.kafka.sasl_mechanism = "SCRAM-SHA-512";
  options.kafka.sasl_username = "certes";
  options.kafka.sasl_password_file = broker.path("password");
  options.kafka.ca_file = broker.path("ca.pem");
  return options;
}

}  // namespace

TEST_CASE("Kafka security: SASL_SSL with SCRAM delivers, and a wrong password is said to be one") {
  const test::OwnBroker broker(true);
  const auto options = secured_options(broker);
  {
    const auto log = test::open_prepared(options);
    CHECK(test::append_once(*log, Topic::events, 1, test::record_of("sealed")).outcome == AppendOutcome::persisted);
    CHECK(test::read_all(*log, Topic::events, 1, 1).at(0)->value == "sealed");
    Bell bell;
    test::NotedMember member(*log, bell);
    CHECK(eventually(bell, [&] {
      member.poll();
      return member.owned.size() == 3;
    }));
    CHECK(member.commit(bell, 1, {1, "x"}).has_value());
  }
  auto wrong = options;
  SUBCASE("a wrong password") {
    std::ofstream(broker.path("wrong")) << "not it\n";
    wrong.kafka.sasl_password_file = broker.path("wrong");
  }
  SUBCASE("an authority that did not sign its certificate") { wrong.kafka.ca_file.clear(); }
  const auto log = test::open_log(wrong);
  const auto prepared = log->prepare();
  REQUIRE_FALSE(prepared.has_value());
  CAPTURE(prepared.error().message);
  CHECK(prepared.error().code == Code::unauthenticated);
  // The group says so as well.
  Bell bell;
  test::NotedMember member(*log, bell);
  CHECK(eventually(bell, [&] { return !member.member->poll().has_value(); }));
}

TEST_CASE("Kafka broker: stands still, and appends end in time as unknown; goes on, and is written again") {
  const test::OwnBroker broker;
  const auto log = test::open_prepared(test::kafka_options(broker.brokers()));
  Bell bell;
  const auto appender = log->appender({.deadline = Millis(1'500)}, bell.wake());
  append_many(*appender, bell, 100, [] {});
  broker.stand_still();
  const auto results = append_many(*appender, bell, 200, [] {});
  broker.go_on();
  for (const AppendResult& result : results) CHECK(result.outcome != AppendOutcome::persisted);
  const auto unknown =
      std::count_if(results.begin(), results.end(), [](const auto& r) { return r.outcome == AppendOutcome::unknown; });
  CHECK(unknown > 0);
  for (const AppendResult& result : results) CHECK_FALSE(result.error.message.empty());
  CHECK(eventually(bell, [&] {
    return test::append(*appender, bell, Topic::events, 0, test::record_of("after")).outcome ==
           AppendOutcome::persisted;
  }));
  CHECK(eventually(bell, [&] { return log->health().has_value(); }));
}

TEST_CASE("Kafka broker: killed and started again, ordered appends without a deadline end once each, in order") {
  test::OwnBroker broker;
  const auto log = test::open_prepared(test::kafka_options(broker.brokers()));
  Bell bell;
  const auto appender = log->appender({.deadline = Millis(0), .ordered = true}, bell.wake());
  std::vector<AppendResult> results;
  const auto add = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      const auto taken = appender->append(Topic::attempts, 0, test::record_of(std::to_string(i)),
                                          [&](AppendResult&& result) { results.push_back(std::move(result)); });
      REQUIRE(taken.has_value());
    }
    appender->flush();
  };
  const auto poll_until = [&](std::size_t count) {
    return eventually(bell, [&] {
      appender->poll();
      return results.size() >= count;
    });
  };
  add(0, 100);
  REQUIRE(poll_until(50));
  broker.kill();
  add(100, 300);
  CHECK(eventually(bell, [&] { return !log->health().has_value(); }));
  broker.start();
  REQUIRE(poll_until(300));
  for (std::size_t i = 0; i < results.size(); ++i) {
    CHECK(results[i].outcome == AppendOutcome::persisted);
    if (i > 0) CHECK(results[i].offset > results[i - 1].offset);
  }
  const auto records = test::read_all(*log, Topic::attempts, 0, 300);
  for (std::size_t i = 0; i < records.size(); ++i) CHECK(records[i]->value == std::to_string(i));
  // Until it is known that the broker is back, nobody is asked.
  CHECK(eventually(bell, [&] {
    const auto range = log->offsets(Topic::attempts, 0, Millis(5'000));
    return range.has_value() && range->end == 300;
  }));
}

TEST_CASE("Kafka broker: stands still, and a picker says that nothing is known, goes at once, and picks afterwards") {
  const test::OwnBroker broker;
  const auto options = test::kafka_options(broker.brokers());
  test::SteppedClock clock;
  auto opened = log::kafka::open(options, clock);
  REQUIRE(opened.has_value());
  const auto log = std::move(*opened);
  Bell bell;
  REQUIRE(eventually(bell, [&] { return log->prepare().has_value(); }));
  for (int i = 0; i < 3; ++i) test::append_once(*log, Topic::events, 0, test::record_of(std::to_string(i)));
  auto picker = log->picker(bell.wake());
  const auto pick = [&](std::int64_t offset) {
    log::PickRun run;
    run.wanted = {{offset, offset + 1}};
    REQUIRE(picker->ask(run).has_value());
    std::vector<log::Picked> results;
    REQUIRE(eventually(bell, [&] {
      clock.advance(Millis{200});
      return picker->poll(1, results) > 0;
    }));
    return results.front();
  };
  REQUIRE(pick(1).fate == log::PickFate::record);
  picker->cancel(Topic::events, 0);
  broker.stand_still();
  const auto silent = pick(2);
  CHECK(silent.fate == log::PickFate::again);
  REQUIRE(silent.error);
  CHECK((silent.error->code == Code::timeout || silent.error->code == Code::unavailable));
  log::PickRun run;
  run.wanted = {{0, 2}};
  REQUIRE(picker->ask(run).has_value());
  picker.reset();  // waits for no answer
  broker.go_on();
  picker = log->picker(bell.wake());
  CHECK(eventually(bell, [&] {
    const auto picked = pick(2);
    picker->cancel(Topic::events, 0);
    CHECK(picked.fate != log::PickFate::gone);
    return picked.fate == log::PickFate::record;
  }));
}

TEST_CASE("Kafka broker: killed and started again, readers and members go on by themselves") {
  test::OwnBroker broker;
  const auto log = test::open_prepared(test::kafka_options(broker.brokers()));
  Bell bell;
  test::NotedMember member(*log, bell);
  REQUIRE(eventually(bell, [&] {
    member.poll();
    return member.owned.size() == 3;
  }));
  const auto reader = log->reader(Topic::attempts, 0, log::kLogStart, bell.wake());
  member.member->start(0, log::kLogStart);
  broker.kill();
  broker.start();
  CHECK(test::append_once(*log, Topic::attempts, 0, test::record_of("a")).outcome == AppendOutcome::persisted);
  CHECK(test::append_once(*log, Topic::events, 0, test::record_of("e")).outcome == AppendOutcome::persisted);
  std::vector<log::RecordPtr> outcomes, events;
  CHECK(eventually(bell, [&] {
    member.poll();
    member.release_all();
    if (member.owned.contains(0) && !member.lost.empty()) {
      member.lost.clear();
      member.member->start(0, log::kLogStart);
    }
    (void)reader->read(10, outcomes).has_value();
    (void)member.member->read(10, events).has_value();
    return outcomes.size() == 1 && !events.empty();
  }));
  CHECK(eventually(bell, [&] {
    member.poll();
    member.release_all();
    return member.owned.contains(0) && member.commit(bell, 0, {1, ""}).has_value();
  }));
}

}  // namespace certes
