#include "common/questions/delivery_standing.hpp"

#include <algorithm>

#include "dispatcher/answering/informant.hpp"
#include "dispatcher/book/delivery.hpp"

namespace certes::dispatcher {
namespace {

using questions::DeliveryStanding;
using questions::Stage;
using questions::WaitsFor;

constexpr std::size_t kMostCounted = 1'024;  // of what stands before one

// A delivery that is open, and what is known of it.
struct Asked {
  const Informant::Parts& parts;
  const book::OpenIndex& index;
  const Backlog& backlog;
  book::OpenPlace place;
  const book::OpenDelivery& known;
  Delivery* delivery;  // null: it is on the log alone

  const Endpoint* endpoint() const { return backlog.endpoint; }
  std::uint32_t key() const { return known.key_hash.value_or(0); }
  bool is_held() const { return delivery != nullptr && std::holds_alternative<Held>(delivery->place); }
};

struct Reason {
  WaitsFor waits_for = WaitsFor::turn;
  UnixMillis until = 0;
};

UnixMillis at(SteadyTime when, const Clock& clock) {
  return clock.unix_millis() + std::chrono::duration_cast<Millis>(when - clock.now()).count();
}

// In which it is sent.
registry::Priority class_of(const Asked& asked) {
  if (asked.delivery != nullptr) return asked.delivery->priority;
  const registry::Priority own =
      asked.backlog.order ? asked.backlog.order->priority_of({asked.key(), asked.place.offset, asked.known.priority})
                          : asked.known.priority;
  return asked.endpoint() == nullptr ? own : std::max(own, asked.endpoint()->limits->highest);
}

// What has come so far that it is not for the scheduler.
std::optional<Reason> by_its_end(const Asked& asked) {
  if (asked.delivery != nullptr && asked.delivery->is_out()) {
    const DeliveryPlace& place = asked.delivery->place;
    const bool sent = std::holds_alternative<Sending>(place) || std::holds_alternative<BetweenWorkers>(place);
    return Reason{sent ? WaitsFor::sending : WaitsFor::recording};
  }
  const book::Tried tried = asked.known.tried.value_or(book::Tried{});
  if (tried.what == Due::dead_letter || tried.what == Due::answered) return Reason{WaitsFor::dead_letter};
  if (tried.what == Due::result) return Reason{WaitsFor::result, tried.due};
  return std::nullopt;
}

// Of a lane without one: it is no more, or the partition has just come, and nothing of it is loaded yet.
bool is_no_more(const Asked& asked) {
  const book::LaneName& name = *asked.backlog.name;
  const registry::State* const state = asked.parts.routes.state();
  const auto config = state == nullptr ? nullptr : state->endpoint(name.tenant, name.endpoint);
  return !config || config->created_at != name.version;
}

std::optional<Reason> by_its_endpoint(const Asked& asked) {
  const Endpoint* const endpoint = asked.endpoint();
  if (endpoint == nullptr) return Reason{is_no_more(asked) ? WaitsFor::end : WaitsFor::partition};
  if (asked.delivery != nullptr && doomed(*asked.delivery)) return Reason{WaitsFor::end};
  switch (endpoint->mode) {
    case Mode::open:
    case Mode::broken: return std::nullopt;
    case Mode::paused: return Reason{WaitsFor::pause};
    case Mode::gone: return Reason{WaitsFor::disabling};
    case Mode::disabled:
    case Mode::deleted: break;
  }
  return Reason{WaitsFor::end};
}

bool is_behind(const Asked& asked) {
  const Backlog& backlog = asked.backlog;
  if (!backlog.order) return false;
  return Backlogs::older_open(backlog) || !backlog.order->is_first(asked.key(), asked.place.offset);
}

std::optional<Reason> by_time_and_order(const Asked& asked) {
  if (asked.known.tried && asked.known.tried->due > asked.parts.clock.unix_millis())
    return Reason{WaitsFor::backoff, asked.known.tried->due};
  if (is_behind(asked)) return Reason{WaitsFor::order};
  return std::nullopt;
}

std::optional<Reason> by_its_rest(const Asked& asked) {
  const Endpoint& endpoint = *asked.endpoint();
  const Clock& clock = asked.parts.clock;
  const UnixMillis until = endpoint.rests() ? at(endpoint.rests_until, clock) : 0;
  if (!endpoint.workers.closed()) return Reason{WaitsFor::breaker, until};
  if (endpoint.rests()) return Reason{WaitsFor::rest, until};
  if (asked.is_held() || !asked.parts.outcomes.may_act(asked.backlog.partition)) return Reason{WaitsFor::partition};
  return std::nullopt;
}

WaitsFor word_of(HoldBy by) {
  switch (by) {
    case HoldBy::nothing: break;
    case HoldBy::closed: return WaitsFor::rest;
    case HoldBy::concurrency: return WaitsFor::slot;
    case HoldBy::slow_start: return WaitsFor::slow_start;
    case HoldBy::quarter: return WaitsFor::endpoint_share;
    case HoldBy::urgent: return WaitsFor::urgent_slots;
    case HoldBy::rate: return WaitsFor::rate;
    case HoldBy::all_slots: return WaitsFor::dispatcher_slots;
    case HoldBy::last_slots: return WaitsFor::unanswered_share;
    case HoldBy::tenant: return WaitsFor::tenant_share;
    case HoldBy::budget: return WaitsFor::retry_share;
  }
  return WaitsFor::turn;
}

Reason by_its_turn(const Asked& asked) {
  const bool retry =
      asked.delivery != nullptr ? asked.parts.book.is_retry(*asked.delivery) : asked.known.tried.has_value();
  const Clock& clock = asked.parts.clock;
  const Hold hold = asked.parts.scheduler.hold_of(*asked.endpoint()->lanes, class_of(asked), retry, clock.now());
  if (hold.by != HoldBy::nothing) return {word_of(hold.by), hold.until ? at(*hold.until, clock) : 0};
  return {asked.delivery != nullptr ? WaitsFor::turn : WaitsFor::loading};
}

Reason reason_of(const Asked& asked) {
  for (const auto by : {by_its_end, by_its_endpoint, by_time_and_order, by_its_rest})
    if (const auto reason = by(asked)) return *reason;
  return by_its_turn(asked);
}

// Untried ones of a lane below an offset.
void count_before(const Asked& asked, questions::StandsBefore& before) {
  std::int64_t from = 0;
  while (const auto next = asked.index.next_untried(asked.backlog.lane, from, asked.place.offset)) {
    if (before.more = before.same_class == kMostCounted; before.more) return;
    ++before.same_class;
    from = *next + 1;
  }
}

// Of its key, the first included.
void count_in_order(const Asked& asked, questions::StandsBefore& before) {
  const KeyOrder& order = *asked.backlog.order;
  if (order.is_first(asked.key(), asked.place.offset)) return;
  const auto behind = order.behind_first(asked.key(), kMostCounted);
  before.same_class = 1 + static_cast<std::uint64_t>(std::ranges::count_if(
                              behind, [&](std::int64_t offset) { return offset < asked.place.offset; }));
  before.more = behind.size() == kMostCounted && behind.back() < asked.place.offset;
}

std::uint64_t higher_classes(const Asked& asked) {
  std::uint64_t untried = 0;
  for (const Backlog* const one : asked.endpoint()->backlogs)
    if (one != nullptr && !one->ordered && one->priority < asked.backlog.priority) untried += one->counts->untried;
  return untried;
}

std::optional<questions::FirstOfKey> first_of_key(const Asked& asked) {
  const KeyOrder* const order = asked.backlog.order.get();
  const auto first = order == nullptr ? std::nullopt : order->first_of(asked.key());
  if (!first || *first == asked.place.offset) return std::nullopt;
  questions::FirstOfKey said;
  said.offset = static_cast<std::uint64_t>(*first);
  const auto known = asked.index.find({*first, asked.backlog.lane});
  if (known && known->tried) {
    said.attempts = known->tried->attempts;
    if (known->tried->what == Due::attempt) said.due = known->tried->due;
  }
  return said;
}

void say(const Asked& asked, DeliveryStanding& standing) {
  const Reason reason = reason_of(asked);
  standing.stage = Stage::open;
  standing.waits_for = reason.waits_for;
  standing.until = reason.until;
  standing.priority = class_of(asked);
  standing.attempts = asked.known.tried ? asked.known.tried->attempts : 0;
  standing.in_memory = asked.delivery != nullptr;
  if (asked.endpoint() == nullptr || (asked.delivery != nullptr && asked.delivery->is_out())) return;
  if (asked.backlog.order) {
    count_in_order(asked, standing.before);
    standing.first_of_key = first_of_key(asked);
  } else if (!asked.known.tried) {
    count_before(asked, standing.before);
    standing.before.higher_classes = higher_classes(asked);
  }
}

// Of a partition that is here, and of a record that it has routed, or has not.
DeliveryStanding standing_of(const Informant::Parts& parts, const questions::Question& question,
                             const log::Origin& place, const std::string& endpoint) {
  DeliveryStanding standing;
  standing.place = place;
  const book::OpenIndex& index = *parts.book.index(place.partition);
  if (place.offset >= index.position()) {
    standing.stage = Stage::unrouted;
    standing.unrouted_before = static_cast<std::uint64_t>(place.offset - index.position());
    return standing;
  }
  const auto lane = index.lane_of(place.offset, question.tenant, endpoint);
  if (!lane) return standing;
  const auto known = index.find({place.offset, *lane});
  const LoadedRecord* const record = parts.book.loaded(place.partition, place.offset);
  Delivery* const delivery = record == nullptr ? nullptr : Book::find(*record, *lane);
  const Backlog& backlog = parts.backlogs.at(place.partition, *lane);
  say({parts, index, backlog, {place.offset, *lane}, *known, delivery}, standing);
  return standing;
}

}  // namespace

std::string delivery_standing(const Informant::Parts& parts, const questions::Question& question) {
  std::vector<DeliveryStanding> standings;
  if (const auto subject = questions::DeliverySubject::parse(question.subject))
    for (const log::Origin& place : subject->places)
      if (parts.backlogs.has(place.partition))
        standings.push_back(standing_of(parts, question, place, subject->endpoint));
  return to_json(standings);
}

}  // namespace certes::dispatcher
