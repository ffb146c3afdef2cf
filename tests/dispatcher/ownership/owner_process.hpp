#pragma once
// A process with an Owner: each record becomes one delivery of its index, and it notes what it is told; and a cluster
// of one partition for it. Confined to the test's thread.

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/log/names.hpp"
#include "dispatcher/ownership/owner.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::dispatcher::testing {

using tests::ManualClock;
using Offsets = std::vector<std::int64_t>;

struct Process final : OwnerHandler {
  Process(std::shared_ptr<log::memory::Cluster> cluster, const ManualClock& clock, std::uint64_t id = 1,
          OwnerOptions options = {})
      : Process(log::memory::make(std::move(cluster), id), clock, std::move(options)) {}
  Process(std::unique_ptr<log::Log> its, const ManualClock& clock, OwnerOptions options) : log(std::move(its)) {
    options.background = [](const std::function<void()>& job) { job(); };
    owner = std::make_unique<Owner>(*log, *this, clock, options, [this] { ++woken; });
  }
  void on_running(std::int32_t, book::OpenIndex& its) override {
    ++running;
    index = &its;
    lane = its.lanes().number({"t", "e", 1, registry::Priority::normal, false});
  }
  void on_record(log::RecordPtr record) override {
    if (routes) route(*record);
    records.push_back(std::move(record));
  }
  void route(const log::StoredRecord& record) {
    const book::Routed delivery{lane};
    index->route({record.offset, record.appended_at}, {&delivery, 1});
  }
  void on_revoked(std::int32_t partition) override { revoked.insert(partition); }
  void on_lost(std::int32_t partition) override {
    lost.insert(partition);
    index = nullptr;
  }
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
  void on_unreadable_checkpoint(std::int32_t, std::string_view what) override { unreadable.emplace_back(what); }
  void on_trim_failed(std::int32_t, log::Topic topic, const Error& error) override {
    not_trimmed.push_back(std::string(to_string(topic)) + ": " + error.message);
  }

  void poll(int rounds = 10, std::size_t max = 100'000) {
    for (int round = 0; round < rounds; ++round) REQUIRE(owner->poll(max));
  }
  void attempt(std::int64_t offset, std::string_view outcome, std::uint32_t number, UnixMillis next_at = 0,
               std::string_view rule = {}, std::string_view error = {}, std::string_view answer = {}) {
    const std::string delivery = "dlv_" + std::to_string(offset);
    AttemptRecord record;
    record.delivery = delivery;
    record.event_id = "evt";
    record.tenant = "t";
    record.endpoint = "e";
    record.attempt = number;
    record.ending = parse_ending(outcome, next_at);
    record.rule = rule;
    record.error = error;
    record.answer = answer;
    owner->record_attempt({0, offset}, lane, record, [this, offset] { recorded.push_back(offset); });
  }
  void deliver(const Offsets& offsets) {
    for (const std::int64_t offset : offsets) attempt(offset, "delivered", 1);
    poll();
  }
  Result<void> dead_letter(std::int64_t offset, std::string value = {}) {
    log::Record letter;
    letter.headers.add(log::names::kDelivery, "dlv_" + std::to_string(offset));
    letter.headers.add(log::names::kTenant, "t");
    letter.headers.add(log::names::kEndpoint, "e");
    letter.value = std::move(value);
    return owner->append_and_finish({0, offset}, lane, std::move(letter),
                                    [this, offset] { letters.push_back(offset); });
  }

  bool open(std::int64_t offset) const { return index->open({offset, lane}); }
  std::optional<book::OpenDelivery> find(std::int64_t offset) const { return index->find({offset, lane}); }
  book::Tried tried(std::int64_t offset) const {
    const auto found = find(offset);
    return found && found->tried ? *found->tried : book::Tried{};
  }
  Offsets open() const {
    Offsets offsets;
    for (auto at = index->next_open(lane, 0); at; at = index->next_open(lane, *at + 1)) offsets.push_back(*at);
    return offsets;
  }
  Offsets given() const {
    Offsets offsets;
    for (const log::RecordPtr& record : records) offsets.push_back(record->offset);
    return offsets;
  }

  std::unique_ptr<log::Log> log;
  book::OpenIndex* index = nullptr;
  book::LaneNumber lane = 0;
  bool routes = true;  // what is given, at once
  int running = 0;
  std::vector<log::RecordPtr> records;
  Offsets recorded, letters;
  std::set<std::int32_t> revoked;
  std::set<std::int32_t> lost;
  std::int64_t log_lost = 0;
  std::int64_t known_below = 0;
  Offsets past;
  log::ReadBack::Bound past_bound = log::ReadBack::Bound::none;
  int replaced = 0;
  int woken = 0;
  int disbelieved = 0;
  std::vector<std::string> others, unreadable, not_trimmed;
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
    process.poll(6, 0);
  }
  std::int64_t progress_end() const { return cluster->range(log::Topic::progress, 0).end; }

  ManualClock clock;
  std::shared_ptr<log::memory::Cluster> cluster = log::memory::make_cluster({.partitions = 1, .clock = &clock});
};

}  // namespace certes::dispatcher::testing
