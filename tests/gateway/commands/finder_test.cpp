#include "gateway/commands/finder.hpp"

#include <doctest/doctest.h>

#include "common/base/ids.hpp"
#include "common/event/command.hpp"
#include "common/log/names.hpp"
#include "tests/fakes/counting_log.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

using namespace certes;
using gateway::commands::Finder;
namespace names = certes::log::names;

namespace {

constexpr UnixMillis kStart = 1'790'000'000'000;

class SetClock final : public Clock {
 public:
  SteadyTime now() const override { return {}; }
  UnixMillis unix_millis() const override { return at; }
  UnixMillis at = kStart;
};

struct Commands {
  explicit Commands(std::int32_t partitions = 3, std::size_t absent_bytes = 1u << 20)
      : cluster(log::memory::make_cluster({.partitions = partitions, .clock = &clock})),
        inner(log::memory::make(cluster)),
        log(*inner),
        finder(log, Millis{20'000}, 1u << 20, absent_bytes) {
    REQUIRE(log.prepare());
  }

  void put(std::int32_t partition, std::string_view id, std::string_view kind = "command") {
    log::Record record;
    record.headers.add(names::kId, id);
    record.headers.add(names::kKind, kind);
    record.headers.add(names::kTenant, "acme");
    cluster->put(log::Topic::events, partition, std::move(record));
  }
  void attempt(std::int32_t partition, std::string_view id, int number, int term) {
    log::Record record;
    record.headers.add(names::kId, id);
    record.headers.add(names::kAttempt, std::to_string(number));
    record.headers.add(names::kTerm, std::to_string(term));
    cluster->put(log::Topic::attempts, partition, std::move(record));
  }
  std::int32_t place_of(std::string_view id) const { return event::command_partition(id, log.partitions()); }
  Code ask(std::string_view id) {
    const auto found = finder.find("acme", id);
    return found ? Code::internal : found.error().code;
  }
  std::size_t read_for(std::string_view id) {
    const std::size_t before = log.records;
    CHECK(ask(id) == Code::not_found);
    return log.records - before;
  }

  SetClock clock;
  std::shared_ptr<log::memory::Cluster> cluster;
  std::unique_ptr<log::Log> inner;
  fakes::CountingLog log;
  Finder finder;
  IdGenerator ids{clock, 1};
};

}  // namespace

TEST_CASE("Finder: what is not there is not read for again, but what has come since is") {
  Commands commands;
  for (int i = 0; i < 300; ++i) commands.put(i % 3, commands.ids.next("evt_"), "event");
  const std::string id = commands.ids.next("evt_");
  CHECK(commands.read_for(id) >= 300);
  CHECK(commands.read_for(id) == 0);
  for (int i = 0; i < 5; ++i) commands.put(0, commands.ids.next("evt_"), "event");
  CHECK(commands.read_for(id) <= 10);  // near its time, and further from it
  commands.put(commands.place_of(id), id);
  const auto found = commands.finder.find("acme", id);
  REQUIRE(found);
  CHECK(found->command->partition == commands.place_of(id));
}

TEST_CASE("Finder: beyond the time in which it may come, nothing is asked of the log any more") {
  Commands commands;
  const std::string id = commands.ids.next("evt_");
  commands.clock.at += 3'600'000;
  for (int partition = 0; partition < 3; ++partition) commands.put(partition, commands.ids.next("evt_"), "event");
  CHECK(commands.ask(id) == Code::not_found);
  const std::size_t readers = commands.log.readers;
  for (int i = 0; i < 100; ++i) commands.put(0, commands.ids.next("evt_"), "event");
  CHECK(commands.read_for(id) == 0);
  CHECK(commands.log.readers == readers);
}

TEST_CASE("Finder: what was not there is forgotten in order of age, and then looked for anew") {
  Commands commands(1, 1'000);
  for (int i = 0; i < 10; ++i) commands.put(0, commands.ids.next("evt_"), "event");
  const std::string first = commands.ids.next("evt_");
  CHECK(commands.read_for(first) > 0);
  for (int i = 0; i < 5; ++i) commands.read_for(commands.ids.next("evt_"));
  CHECK(commands.read_for(first) > 0);
  CHECK(commands.read_for(first) == 0);
}

TEST_CASE("Finder: a log that has taken the place of the other is read from its start") {
  Commands commands(1);
  for (int i = 0; i < 10; ++i) commands.put(0, commands.ids.next("evt_"), "event");
  const std::string id = commands.ids.next("evt_");
  CHECK(commands.ask(id) == Code::not_found);
  commands.cluster->cut(log::Topic::events, 0, 0);
  commands.put(0, id);
  CHECK(commands.finder.find("acme", id));
}

TEST_CASE("Finder: attempts behind a higher term do not count, though it began long before the command") {
  Commands commands(1);
  commands.attempt(0, "evt_other", 1, 5);
  commands.clock.at += 3'600'000;
  const std::string id = commands.ids.next("evt_");
  commands.put(0, id);
  commands.attempt(0, id, 9, 4);
  commands.attempt(0, id, 1, 5);
  const auto found = commands.finder.find("acme", id);
  REQUIRE(found);
  CHECK(found->attempts == 1);
}

TEST_CASE("Finder: terms of attempts that were replaced hold no longer") {
  Commands commands(1);
  const std::string id = commands.ids.next("evt_");
  commands.put(0, id);
  for (int number = 1; number <= 2; ++number) commands.attempt(0, id, number, 5);
  CHECK(commands.finder.find("acme", id)->attempts == 2);
  commands.cluster->cut(log::Topic::attempts, 0, 0);
  commands.attempt(0, id, 3, 1);
  CHECK(commands.finder.find("acme", id)->attempts == 3);
}
