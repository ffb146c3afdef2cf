#include "gateway/limits/rate_limits.hpp"

#include <algorithm>
#include <cmath>

#include "gateway/access/answers.hpp"

namespace certes::gateway::ingest {
namespace {

std::int64_t seconds_up(std::chrono::nanoseconds time) { return std::chrono::ceil<std::chrono::seconds>(time).count(); }

// Of a policy "q events in w seconds".
std::int64_t window_seconds(const RateLimit& limit) {
  return std::max<std::int64_t>(1, std::lround(static_cast<double>(limit.burst()) / limit.rate()));
}

}  // namespace

std::shared_ptr<RateLimit> RateLimits::of(std::string_view name, double rate_per_second, SteadyTime now) {
  const Lock lock(mutex_);
  auto found = limits_.find(name);
  if (found == limits_.end()) {
    if (limits_.size() >= next_sweep_) forget_idle(now);
    found = limits_.emplace(std::string(name), nullptr).first;
  }
  if (!found->second || found->second->rate() != rate_per_second)
    found->second = std::make_shared<RateLimit>(rate_per_second);
  return found->second;
}

// An idle one has nothing to remember: made again, it is the same.
void RateLimits::forget_idle(SteadyTime now) {
  std::erase_if(limits_, [&](const auto& one) {
    return one.second.use_count() == 1 && one.second->standing(now).full == std::chrono::nanoseconds(0);
  });
  next_sweep_ = std::max<std::size_t>(1'024, 2 * limits_.size());
}

std::size_t RateLimits::size() const {
  const Lock lock(mutex_);
  return limits_.size();
}

void Restraint::add(std::string_view kind, std::string_view id, std::shared_ptr<RateLimit> limit) {
  if (limit) all_.at(size_++) = {kind, std::string(id), std::move(limit)};
}

std::optional<http::Response> Restraint::refusal(SteadyTime now) const {
  const One* refusing = nullptr;
  std::chrono::nanoseconds wait{0};
  for (std::size_t i = 0; i < size_; ++i) {
    const auto standing = all_[i].limit->standing(now);
    if (standing.remaining > 0 || standing.wait < wait) continue;
    refusing = &all_[i];
    wait = standing.wait;
  }
  if (refusing == nullptr) return std::nullopt;
  return too_many_requests(refusing->kind, refusing->id, std::max<std::int64_t>(1, seconds_up(wait)));
}

void Restraint::take(SteadyTime now, std::size_t events) const {
  for (std::size_t i = 0; i < size_; ++i) all_[i].limit->take(now, static_cast<std::int64_t>(events));
}

void Restraint::tell(SteadyTime now, http::Exchange& exchange) const {
  std::string policy, state;
  for (std::size_t i = 0; i < size_; ++i) {
    const auto& [kind, id, limit] = all_[i];
    const auto standing = limit->standing(now);
    const std::string name = std::string(i == 0 ? "" : ", ").append(1, '"').append(kind).append(1, '"');
    policy += name + ";q=" + std::to_string(limit->burst()) + ";w=" + std::to_string(window_seconds(*limit));
    state += name + ";r=" + std::to_string(standing.remaining) + ";t=" + std::to_string(seconds_up(standing.full));
  }
  if (policy.empty()) return;
  exchange.also("RateLimit-Policy", std::move(policy));
  exchange.also("RateLimit", std::move(state));
}

}  // namespace certes::gateway::ingest
