// What must have become of each delivery, by the registry's story.
#include <algorithm>

#include "tests/dispatcher/simulation/judge.hpp"

namespace certes::dispatcher::simulation {

using registry::EndpointState;
using registry::Fate;

std::optional<Fate> Judge::fate(const registry::Endpoint& endpoint, const Item& item) {
  const Fate fate = fate_of(endpoint, *item.record, registry::Priority::critical);
  for (int i = 1; i < registry::kPriorities; ++i)
    if (fate_of(endpoint, *item.record, static_cast<registry::Priority>(i)) != fate) return std::nullopt;
  return fate;
}

Judge::Must Judge::must(const std::string& delivery) const {
  const auto& [item, endpoint] = of(delivery);
  if (item->repeated) return Must::none;
  if (item->kind == EventKind::command) return Must::anything;  // but one of them, and one result
  // Who was tried is known from then on, whatever the registry says later.
  if (item->malformed || endpoint == kReplyTo || track(delivery).failed > 0) return Must::end;
  if (item->directed.empty()) return must_match(*item, endpoint);
  if (!item->directed.contains(endpoint) || !registry_.ever_there(endpoint, item->accepted_in)) return Must::none;
  return registry_.always_there(endpoint, item->accepted_in) ? Must::end : Must::anything;
}

Judge::Must Judge::must_match(const Item& item, const std::string& endpoint) const {
  if (!registry_.ever_covered(endpoint, item.kind, item.type, item.accepted_in)) return Must::none;
  const auto config = registry_.endpoint(endpoint);
  if (!config || !registry_.always_covered(endpoint, item.kind, item.type, item.accepted_in)) return Must::anything;
  // Where clocks jump an event may have been routed before a change that its time says was earlier, or after a later
  // one.
  if (clocks_jump_ && last_disabled_by(*config) >= 0) return Must::anything;
  return may_match(*config, *item.record, registry_.now()->position) ? Must::end : Must::none;
}

bool Judge::all_ended() const {
  for (const auto& [delivery, of] : of_)
    if (track(delivery).ends == 0 && must(delivery) == Must::end) return false;
  return std::ranges::all_of(items_, [&](const auto& one) {
    const Item& item = one.second;
    return item.kind != EventKind::command || item.repeated || ends_of(item) > 0;
  });
}

void Judge::conclude() {
  for (const auto& [delivery, of] : of_) conclude(delivery, of);
  for (const auto& [place, item] : items_)
    if (item.kind == EventKind::command && !item.repeated) conclude_command(item);
}

void Judge::conclude_command(const Item& item) {
  if (ends_of(item) == 0) violate("LOST: " + item.what + " has no end");
  if (!results_.contains(item.result)) violate("RESULT: " + item.what + " has none");
}

std::shared_ptr<const registry::Endpoint> Judge::steady(const Of& of) const {
  const auto& [item, endpoint] = of;
  if (clocks_jump_ || endpoint.empty() || endpoint == kReplyTo) return nullptr;
  const bool since = item->directed.empty()
                         ? registry_.always_covered(endpoint, item->kind, item->type, item->accepted_in)
                         : item->directed.contains(endpoint) && registry_.always_there(endpoint, item->accepted_in);
  return since ? registry_.endpoint(endpoint) : nullptr;
}

void Judge::conclude(const std::string& delivery, const Of& of) {
  const Track& track = this->track(delivery);
  const Must expected = must(delivery);
  if (expected == Must::end && track.ends == 0) violate("LOST: " + track.what + " has no end");
  if (expected == Must::none && (track.ends > 0 || track.sent > 0))
    violate("STRANGE: " + track.what + " was for nobody, and is " + (track.end.empty() ? "sent" : track.end));
  const auto endpoint = steady(of);
  if (!endpoint || track.ends == 0) return;
  const auto fate = this->fate(*endpoint, *of.item);
  const bool by_disabling = track.end == "endpoint_disabled", cancelled = track.end == "cancelled";
  const bool purged = cancelled && fate.value_or(Fate::purged) == Fate::purged;
  if (cancelled && !purged) violate("FATE: " + track.what + " was cancelled, and was asked for all the time");
  if (fate == Fate::deliver && by_disabling)
    violate("FATE: " + track.what + " ended by a disabling that it has not seen");
  if (fate == Fate::purged && by_disabling) violate("FATE: " + track.what + " was purged, and ended by a disabling");
  if (track.sent == 0 && of.item->kind != EventKind::command && !by_disabling && !purged)
    violate("FATE: " + track.what + " is " + track.end + " without having been sent");
}

// Paused from then on until it was disabled: nothing was sent meanwhile, whoever was restarted.
bool Judge::was_closed(const registry::Endpoint& endpoint, UnixMillis from) {
  for (const registry::StateInterval& one : endpoint.intervals) {
    if (one.from >= from || (one.to != 0 && one.to <= from)) continue;
    if (one.state == EndpointState::disabled) return true;
    return std::ranges::any_of(endpoint.intervals, [&](const auto& next) {
      return next.state == EndpointState::disabled && next.from == one.to;
    });
  }
  return false;
}

bool Judge::was_paused(const registry::Endpoint& endpoint, UnixMillis from, UnixMillis to) {
  return std::ranges::any_of(endpoint.intervals, [&](const registry::StateInterval& one) {
    return one.state == EndpointState::paused && one.from < from && (one.to == 0 || one.to >= to);
  });
}

certes::simulation::Ends Judge::ends() const {
  certes::simulation::Ends ends;
  for (const auto& [delivery, of] : of_) {
    const Track& track = this->track(delivery);
    const auto endpoint = steady(of);
    const Item& item = *of.item;
    // Results have other ids in each life, and one that its service posts may come before or after an answer.
    if (!endpoint || item.kind == EventKind::result || item.answered) continue;
    const auto fate = this->fate(*endpoint, item);
    if (!fate) continue;
    // The last purge: those before it may have been about others.
    const UnixMillis since = item.record->appended_at;
    if (fate == Fate::purged && !was_paused(*endpoint, since, endpoint->purges.back().at)) continue;
    if (fate == Fate::dead_letter && !was_closed(*endpoint, since)) continue;
    if (fate != Fate::deliver && item.kind == EventKind::command) continue;
    ends[track.what] = track.end;
  }
  return ends;
}

}  // namespace certes::dispatcher::simulation
