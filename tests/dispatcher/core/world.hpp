#pragma once
// A world for the core in simulated time: a log's owner, a sender and a registry that do what the test says.

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/crypto/crypto.hpp"
#include "common/log/names.hpp"
#include "dispatcher/book/delivery_id.hpp"
#include "dispatcher/core.hpp"
#include "tests/dispatcher/resources.hpp"

namespace certes::tests {

class SimulatedClock final : public Clock {
 public:
  SteadyTime now() const override { return SteadyTime{std::chrono::hours{10}} + elapsed + fraction; }
  UnixMillis unix_millis() const override { return 1'700'000'000'000 + (elapsed - wall_back).count(); }
  Millis elapsed{0};
  Millis wall_back{0};                    // so much the wall clock was set back
  std::chrono::microseconds fraction{0};  // steady time has no whole milliseconds
};

struct EventText {
  std::string id = "evt_1";
  std::string type = "order.created";
  std::string tenant = "default";
  std::int64_t offset = 0;
  std::int32_t partition = 0;
  std::string client_id;
  std::string body = "{}";
  std::string kind = "event";
  std::string source = "urn:certes:default";
  std::vector<std::pair<std::string, std::string>> headers;
};

inline log::RecordPtr make_event(const EventText& text, UnixMillis at = 1'700'000'000'000) {
  auto record = std::make_shared<log::StoredRecord>();
  record->partition = text.partition;
  record->offset = text.offset;
  record->appended_at = at;
  auto& headers = record->headers;
  headers.add(log::names::kId, text.id);
  headers.add("ce_specversion", "1.0");
  headers.add("ce_id", text.client_id.empty() ? text.id : text.client_id);
  headers.add("ce_source", text.source);
  headers.add("ce_type", text.type);
  headers.add("content-type", "application/json");
  headers.add(log::names::kKind, text.kind);
  headers.add(log::names::kTenant, text.tenant);
  if (!text.client_id.empty()) headers.add(log::names::kClientId, "1");
  for (const auto& [name, value] : text.headers) headers.add(name, value);
  record->value = text.body;
  return record;
}

struct Recorded {
  dispatcher::Place origin;
  std::string delivery, endpoint, outcome, error, rule;
  std::uint32_t attempt = 0;
  UnixMillis next_at = 0;
  std::string answer;
  std::uint32_t deliveries = 0;
  std::string phases, address, answer_header, next_by, policy;
  bool breaker_open = false;
};

// What an earlier owner has left on the log of a delivery, by its endpoint.
struct KnownState {
  bool done = false;
  std::uint32_t attempts = 0;
  UnixMillis next_at = 0, first_at = 0;
  dispatcher::Due due = dispatcher::Due::attempt;
  std::string rule = {}, error = {}, answer = {};
  bool dead_lettered = false;
};
using KnownStates = std::map<std::string, KnownState>;

class World final : public dispatcher::Outcomes,
                    public dispatcher::Transfers,
                    public dispatcher::Picks,
                    public dispatcher::Registrar,
                    public dispatcher::Observer {
 public:
  explicit World(dispatcher::CoreOptions options = {}) : sealer(*crypto::Sealer::make({crypto::Sealer::new_key()})) {
    options.seed = 1;
    if (!options.routing.fallback) {
      auto policy = std::make_shared<registry::BackoffPolicy>();
      policy->strategy = registry::BackoffPolicy::Strategy::constant;
      policy->base_seconds = 10;
      policy->jitter = registry::BackoffPolicy::Jitter::none;
      policy->max_attempts = 5;
      options.routing.fallback = std::move(policy);
    }
    core = std::make_unique<dispatcher::Core>(std::move(options),
                                              dispatcher::CorePorts{*this, *this, *this, *this, *this, sealer, clock});
  }
  // The partition comes to this process, with what is open of it.
  dispatcher::book::OpenIndex& run(std::int32_t partition, dispatcher::book::OpenIndex&& index) {
    auto& running = indexes[partition] = std::move(index);
    core->on_running(partition, running);
    return running;
  }
  dispatcher::book::OpenIndex& index_of(std::int32_t partition) {
    const auto found = indexes.find(partition);
    return found != indexes.end() ? found->second : run(partition, dispatcher::book::OpenIndex());
  }

  // Outcomes.
  bool may_act(std::int32_t partition) const override { return acting && !stopped.contains(partition); }
  void record_attempt(dispatcher::Place origin, std::optional<dispatcher::book::LaneNumber> lane,
                      const dispatcher::AttemptRecord& attempt, std::function<void()> done) override {
    attempts.push_back({origin, std::string(attempt.delivery), std::string(attempt.endpoint),
                        std::string(attempt.ending ? dispatcher::text_of(*attempt.ending) : dispatcher::kUnmatchedText),
                        std::string(attempt.error), std::string(attempt.rule), attempt.attempt,
                        attempt.ending ? dispatcher::next_of(*attempt.ending) : 0, std::string(attempt.answer),
                        attempt.deliveries, attempt.phases ? attempt.phases->text() : "", std::string(attempt.address),
                        std::string(attempt.answer_header), std::string(attempt.next_by), std::string(attempt.policy),
                        attempt.breaker_open});
    if (!lane) return acknowledge(std::move(done));
    acknowledge([this, origin, place = dispatcher::book::OpenPlace{origin.offset, *lane}, attempts = attempt.attempt,
                 ending = *attempt.ending, at = clock.unix_millis(), done = std::move(done)] {
      if (const auto found = indexes.find(origin.partition); found != indexes.end())
        settle(found->second, place, attempts, ending, at);
      done();
    });
  }
  Result<void> append_and_finish(dispatcher::Place origin, dispatcher::book::LaneNumber lane, log::Record&& letter,
                                 std::function<void()> done) override {
    if (letter.size() > letter_limit) return fail(Code::too_large, "too large");
    letters.push_back(std::move(letter));
    acknowledge([this, origin, lane, done = std::move(done)] {
      if (const auto found = indexes.find(origin.partition); found != indexes.end())
        found->second.finish({origin.offset, lane}, dispatcher::book::Ended::dead_lettered);
      done();
    });
    return {};
  }
  Result<void> append_event(dispatcher::Place origin, log::Record&& event, std::function<void()> done) override {
    if (event.size() > event_limit) return fail(Code::too_large, "too large");
    event_origins.push_back(origin);
    events.push_back(std::move(event));
    acknowledge(std::move(done));
    return {};
  }
  Result<void> append_keyed(log::Record&& event, std::function<void()> done) override {
    if (event.size() > event_limit) return fail(Code::too_large, "too large");
    notices.push_back(std::move(event));
    acknowledge(std::move(done));
    return {};
  }
  void let_go(std::int32_t partition) override {
    released.push_back(partition);
    leave(partition);
  }
  void lose(std::int32_t partition) {
    leave(partition);
    core->on_lost(partition);
  }
  std::size_t memory_bytes() const override { return outcome_bytes; }

  // Sending.
  void submit(http::Transfer&& transfer) override { flying.push_back(std::move(transfer)); }
  bool is_busy() override { return flying.size() >= sender_takes; }
  void abort(std::uint64_t id) override { aborted.push_back(id); }

  // Picks: at once, of what was given; or when the test says so.
  void ask(log::PickRun&& run) override {
    ++runs;
    if (picks_at_once) return serve(run);
    asked.push_back(std::move(run));
  }
  void cancel(std::int32_t partition) override {
    std::erase_if(asked, [partition](const log::PickRun& run) { return run.partition == partition; });
  }
  void serve(const log::PickRun& run) {
    log::Picked picked{run.id, run.topic, run.partition, 0, log::PickFate::done, nullptr, {}};
    for (const auto& [start, end] : run.wanted)
      for (picked.offset = start; picked.offset < end; ++picked.offset) {
        const auto found = stored.find({run.partition, picked.offset});
        picked.fate = found == stored.end() ? log::PickFate::gone : log::PickFate::record;
        picked.record = found == stored.end() ? nullptr : found->second;
        core->on_picked(picked);
      }
    picked.fate = log::PickFate::done;
    picked.record = nullptr;
    core->on_picked(picked);
  }
  void serve_asked() {
    for (const log::PickRun& run : std::exchange(asked, {})) serve(run);
  }

  // Registrar.
  registry::StatePtr fence() override {
    ++fences;
    return fence_at_once ? state : nullptr;
  }
  void disable(const registry::Endpoint& endpoint, std::string_view reason) override {
    disabled.push_back(endpoint.id);
    disabled_reasons.emplace_back(reason);
  }

  // Observer.
  std::size_t meter(const registry::Endpoint&) override { return 0; }
  void attempted(const dispatcher::AttemptSeen& attempt) override { signs.push_back(attempt.sign); }
  void left(std::string_view key) override { gone.emplace_back(key); }
  void ended(registry::Priority priority, const dispatcher::Ending&, bool, std::size_t) override {
    ended_priorities.push_back(priority);
  }
  void dead_lettered(std::string_view rule) override { rules.emplace_back(rule); }
  void given_back(http::TransferError, std::string_view) override { ++given_back_count; }
  void token_answered(std::string_view, std::string_view why_not) override { token_answers.emplace_back(why_not); }
  void answered(std::string_view status) override { answers.emplace_back(status); }
  void unmatched(const log::StoredRecord&, std::string_view) override { ++unmatched_count; }
  void transformed(std::string_view outcome) override { transforms.emplace_back(outcome); }
  void filter_failed(const dispatcher::FailedFilter& failed) override {
    failed_filters.push_back(std::string(failed.subscription) + ": " + failed.why);
  }
  void lost() override { ++lost_count; }
  void exhausted() override { ++exhausted_count; }
  void duplicate() override { ++duplicate_count; }
  void read() override { ++read_count; }
  void read_back() override { ++read_back_count; }
  void breaker_opened(std::string_view key, std::size_t) override { breakers.emplace_back(key); }
  void breaker_closed(std::string_view key, std::size_t) override { std::erase(breakers, key); }
  void workers_tripped(std::string_view, std::size_t, int more, std::string_view) override { tripped += more; }
  void problem(std::string_view text) override { problems.emplace_back(text); }
  void notice_lost(std::string_view why) override { lost_notices.emplace_back(why); }

  // The test's hand.
  void use(const StateBuilder& builder) {
    state = builder.build();
    core->on_state(state);
  }
  void give(const EventText& text, const KnownStates& known = {}) {
    give_record(make_event(text, clock.unix_millis()), known);
  }
  void give_record(log::RecordPtr record, const KnownStates& known = {}) {
    auto& index = index_of(record->partition);
    for (const auto& [endpoint, left] : known) {
      const bool nobody = endpoint == dispatcher::kNobody;
      dispatcher::book::Outcome outcome{record->offset,
                                        nobody ? "" : record->headers.find(log::names::kTenant).value_or("default"),
                                        endpoint,
                                        std::nullopt,
                                        {},
                                        {left.rule, left.error, left.answer}};
      if (left.done)
        outcome.ended =
            left.dead_lettered ? dispatcher::book::Ended::dead_lettered : dispatcher::book::Ended::delivered;
      outcome.tried = {left.attempts, left.next_at, left.first_at, left.due};
      index.reflect(outcome);
    }
    stored[dispatcher::place_of(*record)] = record;
    core->on_record(std::move(record));
  }
  void give(int count, const std::string& type) {
    for (int i = 0; i < count; ++i, ++next_offset) {
      EventText text;
      text.id = "evt_" + std::to_string(next_offset);
      text.type = type;
      text.offset = next_offset;
      give(text);
    }
  }
  // The oldest request to that endpoint ends; false if there is none.
  bool answer(const std::string& endpoint, int status, std::string retry_after = {}, std::string body = {}) {
    const auto found = std::find_if(flying.begin(), flying.end(),
                                    [&](const auto& transfer) { return transfer.url.ends_with("/" + endpoint); });
    if (found == flying.end()) return false;
    http::TransferResult result;
    result.id = found->id;
    result.status = status;
    result.retry_after = std::move(retry_after);
    result.body = std::move(body);
    if (!result.body.empty()) result.content_type = "application/json";
    flying.erase(found);
    core->on_result(std::move(result));
    return true;
  }
  // The same, where it could not be made.
  bool give_back(const std::string& endpoint, http::TransferError error, Millis retry_in) {
    const auto found = std::find_if(flying.begin(), flying.end(),
                                    [&](const auto& transfer) { return transfer.url.ends_with("/" + endpoint); });
    if (found == flying.end()) return false;
    http::TransferResult result;
    result.id = found->id;
    result.error = error;
    result.retry_in = retry_in;
    flying.erase(found);
    core->on_result(std::move(result));
    return true;
  }
  void answer_aborted() {
    for (const auto id : std::exchange(aborted, {})) {
      std::erase_if(flying, [&](const auto& transfer) { return transfer.id == id; });
      http::TransferResult result;
      result.id = id;
      result.error = http::TransferError::aborted;
      core->on_result(std::move(result));
    }
  }
  void acknowledge_all() {
    for (auto& done : std::exchange(unacknowledged, {})) done();
  }
  // Answers everything until nothing more is sent; returns how many there were.
  int answer_all(int status) {
    int count = 0;
    for (core->run(); !flying.empty(); core->run())
      while (!flying.empty()) {
        answer(flying.front().url.substr(flying.front().url.rfind('/') + 1), status);
        ++count;
      }
    return count;
  }
  void pass(Millis time) {
    clock.elapsed += time;
    core->run();
  }
  std::size_t outcomes(std::string_view outcome) const {
    return static_cast<std::size_t>(
        std::count_if(attempts.begin(), attempts.end(), [&](const auto& one) { return one.outcome == outcome; }));
  }
  static std::string header(const http::Transfer& transfer, std::string_view name) {
    for (const auto& line : transfer.headers)
      if (line.size() > name.size() + 1 && line.starts_with(name) && line[name.size()] == ':')
        return line.substr(name.size() + 2);
    return {};
  }

  SimulatedClock clock;
  crypto::Sealer sealer;
  bool acting = true;
  std::set<std::int32_t> stopped;  // partitions that may not act though others may
  bool fence_at_once = true;
  bool acknowledge_at_once = true;
  int fences = 0;
  std::size_t letter_limit = 1u << 30;
  std::size_t outcome_bytes = 0;
  std::size_t event_limit = 1u << 30;
  registry::StatePtr state = std::make_shared<registry::State>();
  std::vector<http::Transfer> flying;
  std::vector<std::uint64_t> aborted;
  std::vector<Recorded> attempts;
  std::vector<log::Record> letters, events;
  std::vector<log::Record> notices;  // events that go where their key says
  std::vector<std::string> lost_notices;
  std::vector<std::string> failed_filters;
  std::vector<std::string> transforms;  // their outcomes
  std::vector<dispatcher::Place> event_origins;
  std::vector<std::function<void()>> unacknowledged;
  // The events that were routed, and of which nothing is open.
  struct Finished {
    const World& world;
    bool contains(dispatcher::Place place) const {
      for (const auto* indexes : {&world.left_indexes, &world.indexes})
        if (const auto found = indexes->find(place.partition);
            found != indexes->end() && place.offset < found->second.position())
          return found->second.event(place.offset).open.empty();
      return false;
    }
    std::size_t size() const {
      return static_cast<std::size_t>(
          std::ranges::count_if(world.stored, [&](const auto& one) { return contains(one.first); }));
    }
    bool empty() const { return size() == 0; }
  };
  const Finished finished{*this};
  std::map<std::int32_t, dispatcher::book::OpenIndex> indexes, left_indexes;  // by partition
  std::map<dispatcher::Place, log::RecordPtr> stored;
  std::size_t sender_takes = SIZE_MAX;  // before it is busy
  bool picks_at_once = true;
  int runs = 0;
  int lost_count = 0;
  std::vector<log::PickRun> asked;
  std::vector<std::int32_t> released;
  std::vector<registry::Priority> ended_priorities;
  std::vector<std::string> disabled, disabled_reasons, rules, problems, answers, gone, breakers, token_answers;
  std::vector<dispatcher::Sign> signs;
  int unmatched_count = 0;
  int duplicate_count = 0;
  int exhausted_count = 0;
  int read_count = 0;
  int read_back_count = 0;
  int given_back_count = 0;
  int tripped = 0;  // workers of several
  std::int64_t next_offset = 0;
  std::unique_ptr<dispatcher::Core> core;

 private:
  // As the log's owner does it.
  static void settle(dispatcher::book::OpenIndex& index, dispatcher::book::OpenPlace place, std::uint32_t attempts,
                     const dispatcher::Ending& ending, UnixMillis at) {
    using namespace dispatcher;
    const auto known = index.find(place);
    if (!known) return;
    book::Tried tried = known->tried.value_or(book::Tried{});
    book::Tried outcome{attempts, next_of(ending), at, Due::attempt};
    if (std::holds_alternative<Delivered>(ending)) return void(index.finish(place, book::Ended::delivered));
    if (std::holds_alternative<Cancelled>(ending)) return void(index.finish(place, book::Ended::cancelled));
    if (std::holds_alternative<Awaiting>(ending)) outcome.what = Due::result;
    if (std::holds_alternative<DeadLettered>(ending)) outcome.what = Due::dead_letter;
    if (book::advance(tried, outcome)) index.tried(place, tried);
  }
  void leave(std::int32_t partition) {
    const auto found = indexes.find(partition);
    if (found == indexes.end()) return;
    left_indexes[partition] = std::move(found->second);
    indexes.erase(found);
  }
  void acknowledge(std::function<void()> done) {
    if (acknowledge_at_once)
      done();
    else
      unacknowledged.push_back(std::move(done));
  }
};

}  // namespace certes::tests
