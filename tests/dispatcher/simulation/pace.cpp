#include "tests/dispatcher/simulation/pace.hpp"

#include <algorithm>

#include "common/registry/fate.hpp"

namespace certes::dispatcher::simulation {

// Whether it was asked to try what had failed then.
bool Pace::hurried(const Attempts& of, const registry::Endpoint* endpoint) {
  const auto first = of.answered.find(1);
  return endpoint != nullptr && first != of.answered.end() &&
         std::ranges::any_of(endpoint->retries, [&](const auto& one) { return one.at > first->second.at; });
}

// Whether it may have been.
bool Pace::was_probe(const Answered& before, const registry::Endpoint* endpoint) const {
  if (endpoint == nullptr || before.told) return false;
  const auto closed = closed_.find(endpoint->tenant + "/" + endpoint->id);
  return closed != closed_.end() && closed->second >= before.at;
}

void Pace::sent(const std::string& delivery, std::uint32_t attempt, bool timed, bool current,
                const registry::Endpoint* endpoint) {
  const Attempts& of = attempts_[delivery];
  const std::string what = "attempt " + std::to_string(attempt) + " of " + witness_.name_of(delivery);
  if (!timed && attempt > kMaxAttempts) witness_.violate("ATTEMPTS: " + what + " is one too many");
  if (current && attempt <= of.recorded)
    witness_.violate("ATTEMPTS: " + what + " is made again although it is recorded");
  if (attempt == 1) return;
  const auto before = of.answered.find(attempt - 1);
  if (before == of.answered.end()) return witness_.violate("ATTEMPTS: " + what + " comes before the one before it");
  const auto& [at, next, told] = before->second;
  if (!next) return witness_.violate("ATTEMPTS: " + what + " comes after the last");
  if (const auto left = at + next->count() - clock_.unix_millis();
      left > 0 && !hurried(of, endpoint) && !was_probe(before->second, endpoint))
    witness_.violate("EARLY: " + what + ", which is due in " + std::to_string(left) + " ms");
}

// Whoever owns its partition no more may get another answer, where a worker has died: the one after which an attempt
// comes counts.
void Pace::answered(const std::string& delivery, std::uint32_t attempt, std::optional<Millis> next, bool told) {
  const auto [known, first] =
      attempts_[delivery].answered.try_emplace(attempt, Answered{clock_.unix_millis(), next, told});
  if (!first && !known->second.next) known->second.next = next;
}

void Pace::recorded(const std::string& delivery, std::uint32_t attempt, UnixMillis at) {
  Attempts& of = attempts_[delivery];
  of.recorded = std::max(of.recorded, attempt);
  if (attempt == 1) of.first_recorded = std::max(of.first_recorded, at);
}

// Of the first attempt's end some know when it was, others only when that was recorded.
void Pace::decided(const dispatcher::AttemptRecord& attempt, const registry::Endpoint& endpoint) {
  const auto known = attempts_.find(attempt.delivery);
  if (known == attempts_.end() || !known->second.answered.contains(attempt.attempt)) return;
  const auto& answered = known->second.answered;
  const UnixMillis now = clock_.unix_millis(), first_recorded = known->second.first_recorded;
  const Millis delay = answered.at(attempt.attempt).next.value_or(Millis{0});
  const auto time_used = [&](UnixMillis first) {
    return Millis{now - first} - paused_between(endpoint, first, now) + delay;
  };
  const std::string what = "attempt " + std::to_string(attempt.attempt) + " of " + witness_.name_of(known->first);
  const bool by_time = attempt.rule == "max_seconds" || attempt.rule == "retry_after";
  if (by_time && answered.contains(1) && time_used(answered.at(1).at) <= kMaxTime)
    witness_.violate("POLICY: " + what + " was the last although there was time for another");
  if (attempt.ending && std::holds_alternative<RetryAt>(*attempt.ending) && first_recorded != 0 &&
      time_used(first_recorded) > kMaxTime)
    witness_.violate("POLICY: after " + what + " comes another although the time is over");
}

}  // namespace certes::dispatcher::simulation
