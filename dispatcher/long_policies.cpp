#include "dispatcher/long_policies.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/backoff/bound.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::size_t kNamed = 5;  // in a line

}  // namespace

std::optional<std::string> LongPolicies::follow(registry::StatePtr state) {
  const registry::StatePtr before = std::exchange(before_, std::move(state));
  if (max_wait_ == Millis{0}) return std::nullopt;
  std::vector<std::string> found;
  registry::State::Map<registry::BackoffPolicy>::difference(
      before->backoff_policies, before_->backoff_policies, [&](const std::string& key, const auto*, const auto* is) {
        const auto why = is ? backoff::too_long(**is, max_wait_) : std::nullopt;
        if (why) found.push_back(key + " " + *why);
      });
  const auto of_default = backoff::too_long(registry::default_backoff_policy(), max_wait_);
  if (!std::exchange(told_default_, true) && of_default && global_policy_.empty())
    found.push_back("the default, where none is named, " + *of_default);
  if (found.empty()) return std::nullopt;
  std::string line = "back-off policies are longer than deliveries may be open, which end as waited_too_long: ";
  for (std::size_t i = 0; i < std::min(found.size(), kNamed); ++i) line.append(i == 0 ? "" : "; ").append(found[i]);
  if (found.size() > kNamed) line.append("; and ").append(std::to_string(found.size() - kNamed)).append(" more");
  return line;
}

std::optional<std::string> LongPolicies::refusal(const registry::State& state) const {
  const auto policy = state.backoff_policy(registry::kDefaultTenant, global_policy_);
  const auto why = policy ? backoff::too_long(*policy, max_wait_) : std::nullopt;
  if (!why) return std::nullopt;
  return "backoff.policy: the back-off policy \"" + global_policy_ + "\" " + *why;
}

}  // namespace certes::dispatcher
