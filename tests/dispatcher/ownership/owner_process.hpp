#pragma once
// A process with an Owner that only notes what it is told, and a cluster of one partition for it. Confined to the
// test's thread.

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "common/log/names.hpp"
#include "dispatcher/ownership/owner.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::dispatcher::testing {

using tests::ManualClock;

struct Process final : OwnerHandler {
  Process(std::shared_ptr<log::memory::Cluster> cluster, const ManualClock& clock, std::uint64_t id = 1,
          OwnerOptions options = {})
      : log(log::memory::make(std::move(cluster), id)) {
    options.background = [](const std::function<void()>& job) { job(); };
    owner = std::make_unique<Owner>(*log, *this, clock, options, [this] { ++woken; });
  }
  void on_record(log::RecordPtr record, const DeliveryStates& states) override {
    known[record->offset] = states;
    records.push_back(std::move(record));
  }
  void on_revoked(std::int32_t partition) override { revoked.insert(partition); }
  void on_lost(std::int32_t partition) override { lost.insert(partition); }
  void on_log_lost(std::int32_t, std::int64_t count) override { log_lost += count; }
  std::int64_t past_known(std::int32_t) override { return known_below; }
  void on_past_read(std::int32_t, const log::ReadBack& read) override { past_bound = read.bound(); }
  void on_past_record(const log::StoredRecord& record) override {
    CHECK(records.empty());
    past.push_back(record.offset);
  }
  void on_replaced(std::int32_t) override { ++replaced; }
  void on_other_group(std::int32_t, const std::string& group) override { others.push_back(group); }
  void on_commit_disbelieved(std::int32_t, std::int64_t, std::int64_t) override { ++disbelieved; }

  void poll(int rounds = 10, std::size_t max = 100'000) {
    for (int round = 0; round < rounds; ++round) REQUIRE(owner->poll(max));
  }
  void attempt(std::int64_t offset, std::string_view outcome, std::uint32_t number, UnixMillis next_at = 0,
               std::string_view rule = {}, std::string_view error = {}, std::string_view answer = {}) {
    const std::string delivery = "dlv_" + std::to_string(offset);
    AttemptRecord record;
    record.delivery = delivery;
    record.event_id = "evt";
    record.attempt = number;
    record.ending = parse_ending(outcome, next_at);
    record.rule = rule;
    record.error = error;
    record.answer = answer;
    owner->record_attempt({0, offset}, record, [this, offset] { recorded.push_back(offset); });
  }

  std::unique_ptr<log::Log> log;
  std::vector<log::RecordPtr> records;
  std::map<std::int64_t, DeliveryStates> known;
  std::vector<std::int64_t> recorded;
  std::set<std::int32_t> revoked;
  std::set<std::int32_t> lost;
  std::int64_t log_lost = 0;
  std::int64_t known_below = 0;
  std::vector<std::int64_t> past;
  log::ReadBack::Bound past_bound = log::ReadBack::Bound::none;
  int replaced = 0;
  int woken = 0;
  int disbelieved = 0;
  std::vector<std::string> others;
  std::unique_ptr<Owner> owner;
};

struct Fixture {
  explicit Fixture(int events = 0) {
    for (int i = 0; i < events; ++i) put();
  }
  void put() {
    log::Record record;
    record.headers.add(log::names::kId, "evt");
    clock.advance(Millis{1});
    cluster->put(log::Topic::events, 0, std::move(record));
  }
  void checkpoint(Process& process) {
    clock.advance(Millis{10'001});
    process.poll(4, 0);
  }
  ManualClock clock;
  std::shared_ptr<log::memory::Cluster> cluster = log::memory::make_cluster({.partitions = 1, .clock = &clock});
};

}  // namespace certes::dispatcher::testing
