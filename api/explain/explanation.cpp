#include "api/explain/explanation.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "common/registry/fate.hpp"

namespace certes::api {
namespace {

using registry::Fate;
using registry::Subscription;
using registry::Takes;

constexpr std::array<std::string_view, 10> kDecisions = {
    "no_endpoint",   "not_named", "no_subscription", "not_taken",     "filtered",
    "disabled_then", "disabled",  "purged",          "filter_failed", "deliver"};
constexpr std::array<std::string_view, 5> kByFilter = {"none", "yes", "no", "failed", "unknown"};

Newer newer(const registry::Meta& resource, UnixMillis than) {
  if (resource.created_at > than) return Newer::created;
  return resource.updated_at > than ? Newer::changed : Newer::no;
}

// The event as filters see it, parsed once.
class Payload {
 public:
  explicit Payload(const ExplainedEvent& event) : view_(event::view(event.record)) {
    if (event.whole && view_) event_.emplace(event.record, *view_, document_);
  }
  void ask(Considered& one) {
    if (one.takes != Takes::yes || !one.subscription->filter || one.subscription->kind == registry::EventKind::command)
      return;
    one.filter = ByFilter::unknown;
    if (!event_) return;
    one.filtered = registry::filtered(one.subscription->filter.get(), one.subscription->on_filter_error, *event_);
    if (!one.filtered.failure.empty())
      one.filter = ByFilter::failed;
    else
      one.filter = one.filtered.takes == registry::Filtered::Takes::yes ? ByFilter::yes : ByFilter::no;
  }

 private:
  const Result<event::EventView> view_;
  event::JsonDocument document_;
  std::optional<event::FilterEvent> event_;
};

// What decides first.
int rank(const Considered& one) { return one.takes_it() ? 0 : one.decides() ? 1 : 2; }

// Of those that take it the one of the highest class comes first, and of equal ones the first id, as it is routed.
std::vector<Considered> considered(const registry::State& state, const ExplainedEvent& event,
                                   const registry::Endpoint& endpoint) {
  std::vector<Considered> all;
  Payload payload(event);
  const std::string prefix = endpoint.tenant + "/";
  for (auto at = state.subscriptions.lower_bound(prefix);
       at != state.subscriptions.end() && at->first.starts_with(prefix); ++at) {
    const auto& one = at->second;
    if (one->endpoint != endpoint.id) continue;
    all.push_back({one, registry::takes(*one, event.taken), newer(*one, event.record.appended_at)});
    if (event.named.empty()) payload.ask(all.back());
  }
  std::ranges::sort(all, {}, [](const Considered& one) {
    return std::tuple(rank(one), one.decides() ? one.subscription->priority : registry::Priority::critical,
                      std::string_view(one.subscription->id));
  });
  return all;
}

Decision by_fate(const registry::State& state, const Explanation& so_far, const ExplainedEvent& event) {
  switch (registry::fate_of(*so_far.endpoint, event.record, so_far.priority)) {
    case Fate::deliver: return Decision::deliver;
    case Fate::purged: return Decision::purged;
    case Fate::dead_letter: return Decision::disabled;
    case Fate::unmatched: break;
  }
  const bool kept = registry::may_match(*so_far.endpoint, event.record, state.position);
  return kept ? Decision::disabled : Decision::disabled_then;
}

Decision decision(const registry::State& state, const Explanation& so_far, const ExplainedEvent& event) {
  if (!so_far.endpoint) return Decision::no_endpoint;
  const bool named = !event.named.empty();
  if (named && !names(event.named, so_far.endpoint->id)) return Decision::not_named;
  if (!named && so_far.considered.empty()) return Decision::no_subscription;
  if (!named && so_far.subscription() == nullptr) {
    const bool any = std::ranges::any_of(so_far.considered, [](const auto& one) { return one.takes == Takes::yes; });
    return any ? Decision::filtered : Decision::not_taken;
  }
  const Decision fate = by_fate(state, so_far, event);
  const bool fails = !named && fate == Decision::deliver && !so_far.considered.front().takes_it();
  return fails ? Decision::filter_failed : fate;
}

}  // namespace

bool names(std::string_view ids, std::string_view id) {
  while (!ids.empty()) {
    const std::string_view one = ids.substr(0, ids.find(','));
    if (one == id) return true;
    ids.remove_prefix(std::min(ids.size(), one.size() + 1));
  }
  return false;
}

std::string_view to_string(ByFilter says) { return kByFilter[static_cast<std::size_t>(says)]; }
std::string_view to_string(Decision decision) { return kDecisions[static_cast<std::size_t>(decision)]; }

Explanation explain(const registry::State& state, const ExplainedEvent& event, std::string_view endpoint,
                    std::string_view global_policy) {
  Explanation explained;
  explained.endpoint = state.endpoint(event.taken.tenant, endpoint);
  if (!explained.endpoint) return explained;
  explained.endpoint_newer = newer(*explained.endpoint, event.record.appended_at);
  explained.considered = considered(state, event, *explained.endpoint);
  const Subscription* const subscription = explained.subscription();
  const auto tenant = state.tenant(event.taken.tenant);
  const auto own = subscription ? subscription->priority : registry::Priority::normal;
  explained.priority = std::max(own, tenant ? tenant->max_priority : registry::Priority::critical);
  explained.capped = explained.priority != own;
  explained.policy = registry::nearest_policy(state, *explained.endpoint, subscription, event.taken.type,
                                              event.taken.kind, global_policy);
  explained.decision = decision(state, explained, event);
  if (explained.considered.size() > Explanation::kMostConsidered) {
    explained.left_out = explained.considered.size() - Explanation::kMostConsidered;
    explained.considered.resize(Explanation::kMostConsidered);
  }
  return explained;
}

}  // namespace certes::api
