#include "dispatcher/endpoint/fate.hpp"

#include <algorithm>

namespace certes::dispatcher {

using registry::EndpointState;
using registry::StateInterval;

Fate fate_of(const registry::Endpoint& endpoint, UnixMillis appended_at) {
  for (const StateInterval& one : endpoint.intervals) {
    if (one.state != EndpointState::disabled || (one.to != 0 && one.to <= appended_at)) continue;
    // In the same millisecond, it may have come before: then it is kept.
    const bool within = one.from < appended_at;
    return within && one.by != registry::kByCertes ? Fate::unmatched : Fate::dead_letter;
  }
  return Fate::deliver;
}

UnixMillis doomed_before(const registry::Endpoint& endpoint) {
  UnixMillis before = 0;
  for (const StateInterval& one : endpoint.intervals)
    if (one.state == EndpointState::disabled) before = std::max(before, one.to == 0 ? INT64_MAX : one.to);
  return before;
}

UnixMillis last_disabled_at(const registry::Endpoint& endpoint) {
  UnixMillis at = 0;
  for (const StateInterval& one : endpoint.intervals)
    if (one.state == EndpointState::disabled) at = one.from;
  return at;
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

}  // namespace certes::dispatcher
