#include "gateway/ingest/gate.hpp"

#include "common/event/hops.hpp"
#include "gateway/access/answers.hpp"

namespace certes::gateway::ingest {
namespace {

// Senders of one version of the registry whose limits are remembered by a loop.
constexpr std::size_t kRemembered = 10'000;

// '/' stands in no id.
bool is_name(std::string_view name, const Gate::Sender& sender) {
  const auto takes = [&name](std::string_view part) {
    if (!name.starts_with(part)) return false;
    name.remove_prefix(part.size());
    return true;
  };
  return takes(sender.tenant) && takes("/") && takes(sender.key_tenant) && takes("/") && takes(sender.key) &&
         takes("/") && takes(sender.source) && name.empty();
}

std::string full_name(std::string_view kind, std::string_view tenant, std::string_view id) {
  std::string name(kind);
  return name.append(1, '/').append(tenant).append(1, '/').append(id);
}

}  // namespace

Gate::Gate(http::Loop& loop, Admission&& admission, RateLimits& limits, IngestMetrics& metrics, Refusals& refusals)
    : loop_(loop), admission_(std::move(admission)), limits_(limits), metrics_(metrics), refusals_(refusals) {}

bool Gate::shut(const Admission::Waiting& waiting, http::Exchange& exchange) {
  const auto refusal = admission_.refusal(waiting, loop_.now());
  if (!refusal) return false;
  if (shut_.reason != refusal->reason || shut_.retry_after_seconds != refusal->retry_after_seconds) {
    shut_.reason = refusal->reason;
    shut_.retry_after_seconds = refusal->retry_after_seconds;
    shut_.count = metrics_.rejections("", refusal->reason);
    shut_.answer = not_accepted(refusal->why, refusal->retry_after_seconds);
  }
  metrics_.shut(shut_.count);
  exchange.respond(http::Response(shut_.answer));
  return true;
}

bool Gate::is_over_rate(const registry::StatePtr& state, const Sender& sender, http::Exchange& exchange) {
  const Restraint& restraint = this->restraint(state, sender);
  auto refusal = restraint.empty() ? std::nullopt : restraint.refusal(loop_.now());
  if (!refusal) return false;
  refusals_.refused({sender.tenant, sender.source, "rate", "above its rate", {}, sender.request});
  exchange.respond(std::move(*refusal));
  return true;
}

bool Gate::over_rate(const registry::StatePtr& state, const Sender& sender, http::Exchange& exchange) {
  const Restraint& restraint = this->restraint(state, sender);
  if (restraint.empty()) return false;
  const SteadyTime now = loop_.now();
  auto refusal = restraint.refusal(now);
  if (!refusal) restraint.take(now, 1);
  restraint.tell(now, exchange);
  if (!refusal) return false;
  refusals_.refused({sender.tenant, sender.source, "rate", "above its rate", {}, sender.request});
  exchange.respond(std::move(*refusal));
  return true;
}

std::optional<std::uint32_t> Gate::hops(const http::Request& request, std::string_view tenant, std::string_view source,
                                        http::Exchange& exchange) {
  const auto hops = event::hops_of(request.headers);
  if (hops && *hops <= event::kMaxHops) return *hops;
  if (hops) {
    refusals_.looped(tenant, source, request);
    exchange.respond(loop_detected());
  } else {
    refusals_.refused({tenant, source, "invalid", hops.error().message, hops.error().pointer, &request});
    exchange.respond(answer(hops.error()));
  }
  return std::nullopt;
}

void Gate::take_more(const registry::StatePtr& state, const Sender& sender, std::size_t events) {
  if (events > 1) restraint(state, sender).take(loop_.now(), events - 1);
}

const Restraint& Gate::restraint(const registry::StatePtr& state, const Sender& sender) {
  if (state != state_ || restraints_.size() > kRemembered) {
    restraints_.clear();
    last_ = nullptr;
    state_ = state;
  }
  if (last_ != nullptr && is_name(name_, sender)) return *last_;
  name_.assign(sender.tenant).append(1, '/').append(sender.key_tenant).append(1, '/');
  name_.append(sender.key).append(1, '/').append(sender.source);
  auto found = restraints_.find(name_);
  if (found == restraints_.end()) found = restraints_.emplace(name_, restraint_of(*state, sender)).first;
  last_ = &found->second;
  return *last_;
}

Restraint Gate::restraint_of(const registry::State& state, const Sender& sender) {
  Restraint restraint;
  const auto add = [&](std::string_view kind, std::string_view tenant, std::string_view id, double rate) {
    if (rate > 0) restraint.add(kind, id, limits_.of(full_name(kind, tenant, id), rate, loop_.now()));
  };
  if (const auto tenant = state.tenant(sender.tenant))
    add("tenant", "", sender.tenant, tenant->quotas.events_per_second.value_or(0));
  if (const auto key = state.key(sender.key_tenant, sender.key))
    add("key", sender.key_tenant, sender.key, key->rate_per_second);
  if (const auto source = state.source(sender.tenant, sender.source))
    add("source", sender.tenant, sender.source, source->rate_per_second);
  return restraint;
}

}  // namespace certes::gateway::ingest
