#include "gateway/repeats/redeliveries.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

#include "common/base/wake_signal.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "gateway/repeats/undelivered.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr Millis kAppendLimit{5'000};
constexpr Millis kLook{50};

metrics::Counter counter(metrics::Metrics& metrics, const char* outcome) {
  return metrics.counter("certes_gateway_redeliveries_total",
                         "Repeats of events that nobody received: delivered again, failed to be, or not looked at.",
                         {{"outcome", outcome}});
}

}  // namespace

log::Record redelivery(const log::StoredRecord& letter) {
  return event::replay_record(letter, event::redelivery_id(letter.partition, letter.offset),
                              letter.headers.get(event::kUndelivered));
}

Redeliveries::Redeliveries(log::Log& log, const Clock& clock, metrics::Metrics& metrics, Options options)
    : log_(log),
      clock_(clock),
      options_(std::move(options)),
      replayed_(counter(metrics, "replayed")),
      failed_(counter(metrics, "failed")),
      skipped_(counter(metrics, "skipped")) {
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "certes-again");
}

Redeliveries::~Redeliveries() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  asked_.notify_one();
  thread_.join();
}

bool Redeliveries::stopping() {
  const Lock lock(mutex_);
  return stopping_;
}

void Redeliveries::repeated(std::int32_t partition, std::string_view id) {
  {
    const Lock lock(mutex_);
    if (questions_.size() >= options_.most_waiting) return skipped_.add();
    questions_.push_back({partition, std::string(id)});
  }
  asked_.notify_one();
}

void Redeliveries::run() {
  std::optional<Undelivered> undelivered;  // made when events are taken, so that the log is ready
  std::vector<Question> questions;
  for (;;) {
    questions.clear();
    {
      Lock lock(mutex_);
      asked_.wait(lock, [this]() CERTES_REQUIRES(mutex_) { return stopping_ || !questions_.empty(); });
      if (stopping_) return;
      questions.swap(questions_);
    }
    if (!undelivered)
      undelivered.emplace(log_, clock_,
                          Undelivered::Options{options_.window, options_.most_ids, [this] { return stopping(); }});
    look_at(questions, *undelivered);
  }
}

// A partition is read on once for all that were asked about it.
void Redeliveries::look_at(std::vector<Question>& questions, Undelivered& undelivered) {
  std::ranges::stable_sort(questions, {}, &Question::partition);
  std::vector<Again> replays;
  for (auto first = questions.begin(); first != questions.end();) {
    const auto last =
        std::find_if(first, questions.end(), [&](const auto& one) { return one.partition != first->partition; });
    if (const auto read = undelivered.refresh(first->partition); !read)
      failed(static_cast<std::size_t>(last - first), read.error().message);
    else
      for (auto at = first; at != last; ++at) collect(*at, undelivered, replays);
    first = last;
  }
  append(replays);
  for (const Again& replay : replays)
    if (replay.persisted) undelivered.forget(replay.id);
}

void Redeliveries::collect(const Question& question, Undelivered& undelivered, std::vector<Again>& replays) {
  const auto place = undelivered.find(question.id);
  const auto same = [&](const Again& other) { return other.id == question.id; };
  if (!place || std::ranges::any_of(replays, same)) return;
  const auto letter = undelivered.read(*place);
  if (!letter) return failed(1, letter.error().message);
  if (event::is_hollow(**letter)) return failed(1, "the dead letter has lost its payload");
  replays.push_back({question.id, redelivery(**letter), place->partition});
}

// What the log does not take, or not surely, stays known: the next repeat tries again, and makes the same record.
void Redeliveries::append(std::vector<Again>& replays) {
  if (replays.empty()) return;
  const auto signal = std::make_shared<WakeSignal>();
  const auto appender = log_.appender({}, [signal] { signal->wake(); });
  std::string error;
  for (Again& replay : replays) {
    const auto done = [&replay, &error](log::AppendResult&& result) {
      replay.persisted = result.outcome == log::AppendOutcome::persisted;
      replay.known = !result.duplicate_of.empty();
      if (!replay.persisted) error = result.error.message;
    };
    event::stamp(replay.record, options_.registry);
    if (auto taken = appender->append(log::Topic::events, replay.partition, std::move(replay.record), done); !taken)
      error = taken.error().message;
  }
  const auto deadline = std::chrono::steady_clock::now() + kAppendLimit;
  appender->flush();
  for (appender->poll(); appender->pending() > 0; appender->poll()) {
    if (std::chrono::steady_clock::now() > deadline || stopping()) break;
    signal->wait(kLook);
  }
  const auto persisted = static_cast<std::size_t>(std::ranges::count(replays, true, &Again::persisted));
  const auto known = static_cast<std::size_t>(std::ranges::count(replays, true, &Again::known));
  replayed_.add(static_cast<double>(persisted - known));
  if (persisted < replays.size()) failed(replays.size() - persisted, error);
}

void Redeliveries::failed(std::size_t count, std::string_view why) {
  failed_.add(static_cast<double>(count));
  spdlog::warn("gateway: {} repeats of events that nobody received, or perhaps nobody, are not delivered again: {}",
               count, why);
}

}  // namespace certes::gateway::ingest
