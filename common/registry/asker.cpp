#include "common/registry/asker.hpp"

#include <iterator>

namespace certes::registry {
namespace {

constexpr Millis kQuestionLimit{2'000};
constexpr Millis kRetryAfter{100};
constexpr Millis kIdle{60'000};

}  // namespace

Asker::Asker(log::Log& log, std::function<std::int64_t()> position, Answered answered)
    : log_(log), position_(std::move(position)), answered_(std::move(answered)), thread_([this] { run(); }) {}

Asker::~Asker() {
  stopping_ = true;
  signal_.wake();
  thread_.join();
}

void Asker::ask(FenceDone waiting) {
  {
    const Lock lock(mutex_);
    waiting_.push_back(std::move(waiting));
  }
  signal_.wake();
}

void Asker::trim(std::int64_t before) {
  {
    const Lock lock(mutex_);
    trim_before_ = std::max(trim_before_, before);
  }
  signal_.wake();
}

void Asker::run() {
  while (!stopping_) {
    const bool asked = ask_now();
    const bool trimmed = trim_now();
    signal_.wait(asked && trimmed ? kIdle : kRetryAfter);
  }
}

// False: the log is away, try again.
bool Asker::ask_now() {
  std::vector<FenceDone> waiting;
  {
    const Lock lock(mutex_);
    waiting.swap(waiting_);
  }
  if (waiting.empty()) return true;
  const std::int64_t asked_at = position_();
  const auto range = log_.offsets(log::Topic::registry, 0, kQuestionLimit);
  if (range) {
    answered_(range->end, asked_at, std::move(waiting));
    return true;
  }
  const Lock lock(mutex_);
  std::move(waiting_.begin(), waiting_.end(), std::back_inserter(waiting));
  waiting_ = std::move(waiting);
  return false;
}

bool Asker::trim_now() {
  std::int64_t before = 0;
  {
    const Lock lock(mutex_);
    before = trim_before_;
  }
  if (before == 0) return true;
  const bool done = log_.trim(log::Topic::registry, 0, before, kQuestionLimit).has_value();
  const Lock lock(mutex_);
  if (done && trim_before_ == before) trim_before_ = 0;
  return done;
}

}  // namespace certes::registry
