#include "common/registry/fate.hpp"

#include <algorithm>

#include "common/event/stamp.hpp"

namespace certes::registry {

namespace {

// When an event came, beside the changes of its endpoint.
class Coming {
 public:
  explicit Coming(const log::StoredRecord& event) : stamp_(event::stamp_of(event)), at_(event.appended_at) {}

  bool after_end(const StateInterval& one) const { return one.to != 0 && (knew(one.to_offset) || at_ >= one.to); }
  bool after_begin(const StateInterval& one) const { return stamp_ ? knew(one.from_offset) : at_ > one.from; }
  // Also after the time that the purge names.
  bool after(const Purge& one) const { return knew(one.offset) || at_ >= one.until(); }

 private:
  bool knew(std::int64_t change) const { return stamp_ && *stamp_ > change; }

  const std::optional<std::int64_t> stamp_;
  const UnixMillis at_;
};

// The first disabling that the event did not come after the end of; null: none. What it came after is no more, and so
// is all that was before that.
const StateInterval* disabling_of(const Endpoint& endpoint, const Coming& event) {
  const StateInterval* first = nullptr;
  for (auto one = endpoint.intervals.rbegin(); one != endpoint.intervals.rend(); ++one) {
    if (one->state != EndpointState::disabled) continue;
    if (event.after_end(*one)) break;
    first = &*one;
  }
  return first;
}

Fate fate_by(const StateInterval* disabling, const Coming& event) {
  if (disabling == nullptr) return Fate::deliver;
  const bool by_operator = disabling->by != kByCertes;
  return by_operator && event.after_begin(*disabling) ? Fate::unmatched : Fate::dead_letter;
}

// The first that it fits; null: none.
const Purge* purge_of(const Endpoint& endpoint, const Coming& coming, const log::StoredRecord& event,
                      Priority priority) {
  for (const Purge& one : endpoint.purges)
    if (!coming.after(one) && takes_class(one, to_string(priority)) && takes_type(one, event.headers.get("ce_type")))
      return &one;
  return nullptr;
}

}  // namespace

Fate fate_of(const Endpoint& endpoint, const log::StoredRecord& event, Priority priority) {
  if (endpoint.intervals.empty() && endpoint.purges.empty()) return Fate::deliver;
  const Coming coming(event);
  const StateInterval* const disabling = disabling_of(endpoint, coming);
  const Purge* const purge = purge_of(endpoint, coming, event, priority);
  const bool purged = purge != nullptr && (disabling == nullptr || purge->offset < disabling->from_offset);
  return purged ? Fate::purged : fate_by(disabling, coming);
}

bool may_match(const Endpoint& endpoint, const log::StoredRecord& event, std::int64_t registry_end) {
  if (endpoint.intervals.empty()) return true;
  const Coming coming(event);
  if (fate_by(disabling_of(endpoint, coming), coming) != Fate::unmatched) return true;
  return event::stamp_of(event).value_or(0) > registry_end;
}

UnixMillis doomed_before(const Endpoint& endpoint, Priority priority) {
  UnixMillis before = 0;
  for (const StateInterval& one : endpoint.intervals)
    if (one.state == EndpointState::disabled) before = std::max(before, one.to == 0 ? INT64_MAX : one.to);
  for (const Purge& one : endpoint.purges)
    if (takes_class(one, to_string(priority))) before = std::max(before, one.until());
  return before;
}

std::int64_t last_disabled_by(const Endpoint& endpoint) {
  std::int64_t offset = -1;
  for (const StateInterval& one : endpoint.intervals)
    if (one.state == EndpointState::disabled) offset = one.from_offset;
  return offset;
}

std::int64_t last_purged_by(const Endpoint& endpoint) {
  return endpoint.purges.empty() ? -1 : endpoint.purges.back().offset;
}

Millis paused_between(const Endpoint& endpoint, UnixMillis from, UnixMillis to) {
  Millis paused{0};
  for (const StateInterval& one : endpoint.intervals) {
    if (one.state != EndpointState::paused) continue;
    const UnixMillis begin = std::max(one.from, from);
    const UnixMillis end = one.to == 0 ? to : std::min(one.to, to);
    if (begin < end) paused += Millis{end - begin};
  }
  return paused;
}

Millis failing_for(const Endpoint& endpoint, UnixMillis since, UnixMillis now) {
  if (since == 0) return Millis{0};
  for (const StateInterval& one : endpoint.intervals)
    if (one.state == EndpointState::disabled) since = std::max(since, one.to == 0 ? now : one.to);
  return std::max(Millis{0}, Millis{now - since} - paused_between(endpoint, since, now));
}

}  // namespace certes::registry
