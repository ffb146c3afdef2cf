#include "api/replay_steps.hpp"

#include "common/event/stamp.hpp"

namespace certes::api {
namespace {

constexpr Millis kAppendLimit{5'000};  // of a step

}  // namespace

ReplaySteps::ReplaySteps(Services& services, std::string tenant, log::Topic topic)
    : services_(services), tenant_(std::move(tenant)), topic_(topic) {}

bool ReplaySteps::add(std::int32_t partition, log::Record&& record) {
  if (error_) return false;
  const std::size_t bytes = record.size();
  if (!step_.empty() && step_bytes_ + bytes > kStepBytes && !append_step()) return false;
  ++added_;
  step_bytes_ += bytes;
  step_.push_back({partition, std::move(record)});
  return true;
}

bool ReplaySteps::append_step() {
  const Turns::Turn turn = services_.replay_turns.take(tenant_);
  if (!appender_) appender_ = services_.deps.log.appender({}, [signal = signal_] { signal->wake(); });
  for (Replay& replay : step_) {
    if (topic_ == log::Topic::events)
      event::stamp(replay.record, [&registry = services_.deps.registry] { return registry.position(); });
    const auto taken = appender_->append(topic_, replay.partition, std::move(replay.record),
                                         [this](log::AppendResult&& result) { count(std::move(result)); });
    if (taken) continue;
    error_ = taken.error();
    break;
  }
  step_.clear();
  step_bytes_ = 0;
  wait_for_log();
  return !error_;
}

void ReplaySteps::wait_for_log() {
  const auto deadline = std::chrono::steady_clock::now() + kAppendLimit;
  appender_->flush();
  for (appender_->poll(); appender_->pending() > 0; appender_->poll()) {
    if (std::chrono::steady_clock::now() > deadline) break;
    signal_->wait(Millis(50));
  }
  if (appender_->pending() > 0 && !error_) error_ = Error(Code::unknown_outcome, "the log did not answer in time");
}

void ReplaySteps::count(log::AppendResult&& result) {
  const bool persisted = result.outcome == log::AppendOutcome::persisted;
  if (persisted) ++(result.duplicate_of.empty() ? appended_.stored : appended_.repeated);
  unknown_ += result.outcome == log::AppendOutcome::unknown;
  if (!persisted) error_ = std::move(result.error);
}

Result<ReplaySteps::Appended> ReplaySteps::finish() {
  if (!error_ && !step_.empty()) append_step();
  if (!error_) return appended_;
  const std::size_t there = appended_.stored + appended_.repeated;
  const std::size_t unknown = unknown_ + appender_->pending();
  return fail(there + unknown > 0 ? Code::unknown_outcome : Code::unavailable,
              std::to_string(there) + " of " + std::to_string(added_) + " were appended: " + error_->message +
                  "; ask again: none is sent twice for that");
}

}  // namespace certes::api
