#include "client/forward/forwarder.hpp"

#include <algorithm>

#include "client/forward/forwarder_parts.hpp"
#include "common/backoff/backoff.hpp"

namespace certes::client {
namespace {

constexpr std::size_t kMaxSkipped = 1'000;  // events looked at in vain for one batch
constexpr Millis kOwnTrouble{1'000};        // until a request that could not be made is tried again

}  // namespace

Forwarder::Forwarder(ForwardLimits limits, std::uint64_t seed) : limits_(limits), random_(seed) {}
Forwarder::~Forwarder() = default;

// Queries differ, and are not looked at.
Forwarder::Route& Forwarder::route_of(std::string_view path) {
  path = path.substr(0, path.find('?'));
  const auto found = routes_.find(path);
  if (found != routes_.end()) return *found->second;
  Route& route = *routes_.emplace(path, std::make_unique<Route>()).first->second;
  route.path = path;
  return route;
}

void Forwarder::add(Entry&& entry) {
  auto made = std::make_unique<Event>();
  Event& event = *made;
  event.sequence = entry.sequence;
  event.bytes = entry.bytes;
  event.form = entry.form;
  event.alone = entry.alone;
  event.attempts = entry.attempts;
  event.first_failed_at = entry.first_failed_at;
  event.route = &route_of(entry.path);
  ++event.route->events;
  events_.emplace(event.sequence, std::move(made));
  if (!entry.key.empty()) {
    auto& lane = lanes_[entry.key];
    if (!lane) lane = std::make_unique<Lane>();
    lane->key = std::move(entry.key);
    event.lane = lane.get();
    lane->append(event);
    if (lane->front != &event) return;  // its turn comes
  }
  event.route->ready.emplace(event.sequence, &event);
}

// What was failing and is due may be sent again.
void Forwarder::wake_due(SteadyTime now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    Event& event = *events_.at(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    event.route->ready.emplace(event.sequence, &event);
  }
}

// Of those that may send: whose next event is the oldest.
Forwarder::Route* Forwarder::open_route(SteadyTime now) {
  Route* best = nullptr;
  for (const auto& [path, route] : routes_) {
    if (route->ready.empty() || now < route->closed_until || (route->away && route->flying > 0)) continue;
    if (best == nullptr || route->ready.begin()->first < best->ready.begin()->first) best = route.get();
  }
  return best;
}

std::optional<Flight> Forwarder::next(SteadyTime now) {
  wake_due(now);
  if (flying_ >= limits_.in_flight) return std::nullopt;
  Route* const route = open_route(now);
  if (route == nullptr) return std::nullopt;
  Flight flight;
  flight.id = ++last_flight_;
  flight.path = route->path;
  fill(flight, *route, now);
  ++flying_;
  ++route->flying;
  return flight;
}

// The oldest one, and with it whatever may go along.
void Forwarder::fill(Flight& flight, Route& route, SteadyTime now) {
  Event& first = *route.ready.begin()->second;
  flight.form = first.form;
  std::size_t bytes = 0;
  std::size_t skipped = 0;
  const auto fits = [&](const Event& event) {
    return !event.alone && event.form == first.form && flight.sequences.size() < limits_.batch_events &&
           bytes + event.bytes <= limits_.batch_bytes;
  };
  const auto take = [&](const Event& event) {
    flight.sequences.push_back(event.sequence);
    bytes += event.bytes;
  };
  for (auto at = route.ready.begin(); at != route.ready.end() && skipped < kMaxSkipped;) {
    Event& head = *at->second;
    if (&head != &first && !fits(head)) {
      ++at, ++skipped;
      continue;
    }
    at = route.ready.erase(at);
    take(head);
    // Those behind it in its key come along, in their order.
    for (Event* next = head.behind;
         next != nullptr && !head.alone && fits(*next) && next->route == &route && next->due <= now;
         next = next->behind)
      take(*next);
    if (first.alone || flight.sequences.size() >= limits_.batch_events) return;
  }
}

Outcome Forwarder::finished(const Flight& flight, const std::vector<Kind>& kinds, const Answer& answer, SteadyTime now,
                            UnixMillis unix_now) {
  Outcome outcome;
  Route& route = *events_.at(flight.sequences.front())->route;
  --flying_;
  --route.flying;
  if (!answer.sent) {
    for (const std::int64_t sequence : flight.sequences) events_.at(sequence)->due = now + kOwnTrouble;
    settle(flight, now);
    return outcome;
  }
  const Verdict verdict = verdict_of(answer);
  route.away = verdict == Verdict::away || verdict == Verdict::denied;
  if (!route.away) route.closed_until = {};
  if (verdict == Verdict::accepted) {
    outcome.accepted = flight.sequences;
  } else if (verdict == Verdict::refused) {
    judge_refused(outcome, flight, answer, now, unix_now);
  } else {
    judge_failed(outcome, flight, kinds, answer, now, unix_now);
  }
  for (const std::int64_t sequence : outcome.accepted) events_.at(sequence)->ended = true;
  for (const Refusal& refusal : outcome.refused) events_.at(refusal.sequence)->ended = true;
  settle(flight, now);
  return outcome;
}

Verdict Forwarder::verdict_of(const Answer& answer) const {
  const Verdict verdict = client::verdict_of(answer);
  return verdict == Verdict::denied && !limits_.retry_denied ? Verdict::refused : verdict;
}

// A batch is refused as a whole: which one is at fault shows when it is sent alone.
void Forwarder::judge_refused(Outcome& outcome, const Flight& flight, const Answer& answer, SteadyTime now,
                              UnixMillis unix_now) {
  const std::size_t count = flight.sequences.size();
  if (count == 1 || client::verdict_of(answer) == Verdict::denied) {
    for (const std::int64_t sequence : flight.sequences)
      outcome.refused.push_back({sequence, "refused", answer.status, answer.body, unix_now});
    return;
  }
  const auto fault = event_at_fault(answer, count);
  for (std::size_t i = 0; i < count; ++i) {
    Event& event = *events_.at(flight.sequences[i]);
    event.alone = !fault || *fault == i;
    event.due = now;
  }
}

void Forwarder::judge_failed(Outcome& outcome, const Flight& flight, const std::vector<Kind>& kinds,
                             const Answer& answer, SteadyTime now, UnixMillis unix_now) {
  const double random = random_.unit();  // one for all, so that they stay together
  const Verdict verdict = verdict_of(answer);
  const bool away = verdict == Verdict::away || verdict == Verdict::denied;
  std::optional<Millis> soonest;
  for (std::size_t i = 0; i < flight.sequences.size(); ++i) {
    Event& event = *events_.at(flight.sequences[i]);
    if (event.first_failed_at == 0) event.first_failed_at = unix_now;
    ++event.attempts;
    if (!away) event.alone = true;
    const backoff::Failure failure{event.attempts, std::max(Millis{0}, Millis{unix_now - event.first_failed_at}),
                                   answer.retry_after};
    const auto next = backoff::next_attempt(policies_.of(kinds[i].type, kinds[i].source), failure, random);
    if (!next.again) {
      outcome.refused.push_back({event.sequence, std::string(next.rule), answer.status,
                                 answer.status == 0 ? answer.error : answer.body, unix_now});
      continue;
    }
    event.due = now + next.delay;
    soonest = std::min(soonest.value_or(next.delay), next.delay);
    outcome.retried.push_back({event.sequence, event.attempts, event.first_failed_at});
  }
  if (!away) return;
  const Millis asked = std::min(answer.retry_after.value_or(Millis{0}), backoff::kLongestRetryAfter);
  events_.at(flight.sequences.front())->route->closed_until = now + std::max(soonest.value_or(Millis{0}), asked);
}

// Ended ones go; of the others, those that stand first in their key wait or are ready.
void Forwarder::settle(const Flight& flight, SteadyTime now) {
  std::set<Lane*> lanes;
  for (const std::int64_t sequence : flight.sequences) {
    Event& event = *events_.at(sequence);
    Lane* const lane = event.lane;
    if (lane != nullptr) lanes.insert(lane);
    if (event.ended) {
      if (lane != nullptr) lane->remove(event);
      forget(event);
    } else if (lane == nullptr) {
      put_back(event, now);
    }
  }
  for (Lane* const lane : lanes) {
    if (lane->front != nullptr)
      put_back(*lane->front, now);
    else
      lanes_.erase(std::string(lane->key));
  }
}

void Forwarder::forget(Event& event) {
  Route& route = *event.route;
  events_.erase(event.sequence);
  if (--route.events == 0) routes_.erase(std::string(route.path));
}

void Forwarder::put_back(Event& event, SteadyTime now) {
  if (event.due > now)
    waiting_.emplace(event.due, event.sequence);
  else
    event.route->ready.emplace(event.sequence, &event);
}

std::optional<SteadyTime> Forwarder::due() const {
  if (flying_ >= limits_.in_flight) return std::nullopt;
  std::optional<SteadyTime> soonest;
  const auto consider = [&](SteadyTime at) { soonest = std::min(soonest.value_or(at), at); };
  if (!waiting_.empty()) consider(waiting_.begin()->first);
  for (const auto& [path, route] : routes_)
    if (!route->ready.empty() && !(route->away && route->flying > 0)) consider(route->closed_until);
  return soonest;
}

std::optional<std::int64_t> Forwarder::oldest() const {
  if (events_.empty()) return std::nullopt;
  return events_.begin()->first;
}

}  // namespace certes::client
