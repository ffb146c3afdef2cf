#include "dispatcher/endpoint/breaker.hpp"

#include <algorithm>
#include <cmath>

namespace certes::dispatcher {
namespace {

Millis millis(double seconds) { return Millis{std::max<std::int64_t>(1, std::llround(seconds * 1'000))}; }

}  // namespace

std::optional<SteadyTime> Breaker::opens_until() const {
  const auto* const open = std::get_if<Open>(&state_);
  if (open == nullptr) return std::nullopt;
  return open->until;
}

bool Breaker::failed(SteadyTime now) {
  if (!settings_) return false;
  if (const auto* const probing = std::get_if<Probing>(&state_)) {
    open(std::min(2 * probing->wait, millis(settings_->max_probe_seconds)), now);
    return true;
  }
  auto* const closed = std::get_if<Closed>(&state_);
  if (closed == nullptr) return false;  // it was sent before the breaker opened
  count(*closed, true, now);
  if (!is_enough(*closed)) return false;
  open(millis(settings_->probe_seconds), now);
  return true;
}

bool Breaker::worked(SteadyTime now) {
  if (!settings_) return false;
  if (auto* const closed = std::get_if<Closed>(&state_)) {
    count(*closed, false, now);
    return false;
  }
  state_ = Closed{};
  return true;
}

void Breaker::probe() {
  if (const auto* const open = std::get_if<Open>(&state_)) state_ = Probing{open->wait};
}

void Breaker::count(Closed& closed, bool failed, SteadyTime now) const {
  closed.in_a_row = failed ? closed.in_a_row + 1 : 0;
  const std::int64_t number =
      std::chrono::duration_cast<Millis>(now.time_since_epoch()) / millis(settings_->window_seconds / 2);
  if (number != closed.now.number) {
    closed.before = number == closed.now.number + 1 ? closed.now : Half{};
    closed.now = {number, 0, 0};
  }
  ++closed.now.requests;
  if (failed) ++closed.now.failures;
}

bool Breaker::is_enough(const Closed& closed) const {
  if (settings_->failures > 0 && closed.in_a_row >= settings_->failures) return true;
  const int requests = closed.before.requests + closed.now.requests;
  const int failures = closed.before.failures + closed.now.failures;
  return settings_->ratio > 0 && requests >= settings_->min_requests && failures >= settings_->ratio * requests;
}

void Breaker::open(Millis wait, SteadyTime now) { state_ = Open{now + wait, wait}; }

}  // namespace certes::dispatcher
