#include "dispatcher/endpoint/fate.hpp"

#include <algorithm>

namespace certes::dispatcher {

using registry::EndpointState;
using registry::StateInterval;

namespace {

// The disabling that decides of an event that was appended then; null: none.
const StateInterval* disabling_of(const registry::Endpoint& endpoint, UnixMillis appended_at) {
  for (const StateInterval& one : endpoint.intervals)
    if (one.state == EndpointState::disabled && (one.to == 0 || one.to > appended_at)) return &one;
  return nullptr;
}

Fate fate_by(const StateInterval* disabling, UnixMillis appended_at) {
  if (disabling == nullptr) return Fate::deliver;
  // In the same millisecond, it may have come before: then it is kept.
  const bool within = disabling->from < appended_at;
  return within && disabling->by != registry::kByCertes ? Fate::unmatched : Fate::dead_letter;
}

// The first that it fits; null: none.
const registry::Purge* purge_of(const registry::Endpoint& endpoint, const log::StoredRecord& event,
                                registry::Priority priority) {
  for (const registry::Purge& one : endpoint.purges)
    if (event.appended_at < one.until() && takes_class(one, to_string(priority)) &&
        takes_type(one, event.headers.get("ce_type")))
      return &one;
  return nullptr;
}

}  // namespace

Fate fate_of(const registry::Endpoint& endpoint, UnixMillis appended_at) {
  return fate_by(disabling_of(endpoint, appended_at), appended_at);
}

Fate fate_of(const registry::Endpoint& endpoint, const log::StoredRecord& event, registry::Priority priority) {
  const StateInterval* const disabling = disabling_of(endpoint, event.appended_at);
  const registry::Purge* const purge = purge_of(endpoint, event, priority);
  const bool purged = purge != nullptr && (disabling == nullptr || purge->at < disabling->from);
  return purged ? Fate::purged : fate_by(disabling, event.appended_at);
}

UnixMillis doomed_before(const registry::Endpoint& endpoint, registry::Priority priority) {
  UnixMillis before = 0;
  for (const StateInterval& one : endpoint.intervals)
    if (one.state == EndpointState::disabled) before = std::max(before, one.to == 0 ? INT64_MAX : one.to);
  for (const registry::Purge& one : endpoint.purges)
    if (takes_class(one, to_string(priority))) before = std::max(before, one.until());
  return before;
}

UnixMillis last_disabled_at(const registry::Endpoint& endpoint) {
  UnixMillis at = 0;
  for (const StateInterval& one : endpoint.intervals)
    if (one.state == EndpointState::disabled) at = one.from;
  return at;
}

UnixMillis last_purged_at(const registry::Endpoint& endpoint) {
  return endpoint.purges.empty() ? 0 : endpoint.purges.back().at;
}

Millis paused_between(const registry::Endpoint& endpoint, UnixMillis from, UnixMillis to) {
  Millis paused{0};
  for (const StateInterval& one : endpoint.intervals) {
    if (one.state != EndpointState::paused) continue;
    const UnixMillis begin = std::max(one.from, from);
    const UnixMillis end = one.to == 0 ? to : std::min(one.to, to);
    if (begin < end) paused += Millis{end - begin};
  }
  return paused;
}

Millis failing_for(const registry::Endpoint& endpoint, UnixMillis since, UnixMillis now) {
  if (since == 0) return Millis{0};
  for (const StateInterval& one : endpoint.intervals)
    if (one.state == EndpointState::disabled) since = std::max(since, one.to == 0 ? now : one.to);
  return std::max(Millis{0}, Millis{now - since} - paused_between(endpoint, since, now));
}

}  // namespace certes::dispatcher
