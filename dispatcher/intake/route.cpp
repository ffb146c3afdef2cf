// How a record becomes deliveries in the index: whose subscriptions match it, and whose it was before.
#include <algorithm>
#include <set>

#include "common/base/overloaded.hpp"
#include "common/event/command.hpp"
#include "common/log/names.hpp"
#include "common/registry/fate.hpp"
#include "dispatcher/intake/intake.hpp"
#include "dispatcher/routing/sieve.hpp"

namespace certes::dispatcher {
namespace {

using registry::EventKind;

bool has_end(const std::vector<book::AheadDelivery>& known) {
  return std::ranges::any_of(known, [](const auto& one) { return one.ended.has_value(); });
}

// The class in which whoever sends it again wants it sent. A producer has no say in that.
std::optional<registry::Priority> asks_for_class(const log::StoredRecord& record, const event::EventView& view) {
  if (view.replay.empty()) return std::nullopt;
  return registry::parse_priority(record.headers.get(log::names::kPriority));
}

book::Landmark landmark(const log::StoredRecord& record) { return {record.offset, record.appended_at}; }

}  // namespace

void EventIntake::route(const Unrouted& unrouted) {
  const log::RecordPtr& record = unrouted.record;
  book::OpenIndex& index = *parts_.book.index(record->partition);
  parts_.loader.routed(*record);
  std::visit(Overloaded{[&](const event::EventView& view) { route_event(record, view, index); },
                        [&](const Malformed&) { route_nobodys(record, index); },
                        [&](const Duplicate&) { index.route(landmark(*record), {}); }},
             unrouted.what);
}

void EventIntake::route_event(const log::RecordPtr& record, const event::EventView& view, book::OpenIndex& index) {
  Routing routing{record, view, kind_of(view), index};
  const auto& known = index.ahead().of(record->offset);
  const bool command = routing.kind == EventKind::command;
  const bool over = command && has_end(known);
  const bool is_new = known.empty();
  if (!over) plan(routing);
  const bool nobody = routing.planned.empty() && !over;
  if (nobody && command) return route_nobodys(record, index);
  if (!over && !is_new) plan_known(routing);
  enter_index(routing);
  if (nobody && is_new && routing.kind == EventKind::event) {
    if (view.wait && view.replay.empty()) parts_.recorder.tell_unmatched(place_of(*record), view);
    parts_.observer.unmatched(*record, view.id);
    ++parts_.tallies.of(view.tenant).unmatched;
  }
  arrive(routing);
  if (routing.kind == EventKind::result) result_read(view, *record);
}

// What nobody gets is ended, once there is room for that.
void EventIntake::route_nobodys(const log::RecordPtr& record, book::OpenIndex& index) {
  Backlog& backlog = parts_.backlogs.of_nobody(record->partition);
  const book::Routed nobody{backlog.lane, backlog.priority, 0, 0};
  index.route(landmark(*record), {&nobody, 1});
  parts_.loader.offer(backlog, record, nullptr);
}

void EventIntake::plan(Routing& routing) {
  const event::EventView& view = routing.view;
  const bool reply =
      routing.kind == EventKind::result && routing.record->headers.find(log::names::kReplyTo).has_value();
  if (is_directed(view)) return plan_directed(routing, reply);
  Sieve sieve(parts_.routes.document(), *routing.record, view, &filters_);
  for (const Match& match : parts_.routes.router().route(view.tenant, view.type, routing.kind)) {
    if (!may_match(*match.endpoint, *routing.record, parts_.routes.state()->position)) continue;
    if (!match.choices)
      plan_matching(routing, match);
    else if (auto taken = sieve.through(match))
      plan_own(routing, std::move(*taken));
  }
  for (const FailedFilter& failed : sieve.failed()) {
    parts_.observer.filter_failed(failed);
    if (failed.is_failing) parts_.notices.filter_failing(failed, *routing.record, view);
  }
  if (reply) plan_own(routing, parts_.replies.match(view.tenant));
}

// A replay, to the endpoints that it names.
void EventIntake::plan_directed(Routing& routing, bool reply) {
  const event::EventView& view = routing.view;
  for (std::string_view left = view.endpoint; !left.empty();) {
    const std::string_view endpoint = left.substr(0, left.find(','));
    left.remove_prefix(std::min(left.size(), endpoint.size() + 1));
    if (endpoint == kReplyEndpoint) {
      if (reply) plan_own(routing, parts_.replies.match(view.tenant));
    } else if (const auto only = parts_.routes.router().only(view.tenant, view.type, endpoint, routing.kind)) {
      plan_own(routing, Match(*only));
    }
  }
}

void EventIntake::plan_matching(Routing& routing, const Match& match) {
  if (!asks_for_class(*routing.record, routing.view)) return plan_one(routing, match);
  plan_own(routing, Match(match));
}

void EventIntake::plan_one(Routing& routing, const Match& match) {
  Endpoint& endpoint = parts_.endpoints.of(match, parts_.routes.state());
  const std::int32_t partition = routing.record->partition;
  const bool ordered = endpoint.config().ordering != registry::Ordering::none;
  Backlog& backlog = ordered ? parts_.backlogs.of_ordered(partition, endpoint)
                             : parts_.backlogs.of(partition, endpoint, match.priority);
  routing.planned.push_back({&match, &backlog});
}

void EventIntake::plan_own(Routing& routing, Match&& match) {
  if (std::ranges::any_of(routing.own, [&](const Match& one) { return one.key == match.key; })) return;
  if (const auto asked = asks_for_class(*routing.record, routing.view))
    match.priority = std::max(*asked, parts_.routes.router().highest_of(match.endpoint->tenant));
  routing.own.push_back(std::move(match));
  plan_one(routing, routing.own.back());
}

// Who had the event before, and does not match it any more: those deliveries come to their end, too.
void EventIntake::plan_known(Routing& routing) {
  std::set<std::pair<std::string_view, std::string_view>> planned;
  for (const auto& one : routing.planned) planned.emplace(one.backlog->name->tenant, one.backlog->name->endpoint);
  for (const book::AheadDelivery& known : routing.index.ahead().of(routing.record->offset)) {
    if (planned.contains({known.tenant, known.endpoint})) continue;
    const book::LaneName name{known.tenant, known.endpoint, 0};
    routing.known.push_back(&parts_.backlogs.at(routing.record->partition, routing.index.lanes().number(name)));
  }
}

void EventIntake::enter_index(Routing& routing) {
  routed_.clear();
  const std::uint32_t key = KeyOrder::hash_of(routing.view.partition_key);
  const std::uint64_t command = routing.kind == EventKind::command ? Commands::hash_of(*routing.record) : 0;
  for (const auto& [match, backlog] : routing.planned)
    routed_.push_back({backlog->lane, match->priority, key, command});
  for (const Backlog* backlog : routing.known) routed_.push_back({backlog->lane, backlog->priority, 0, command});
  routing.index.route(landmark(*routing.record), routed_);
  if (command != 0 && !routed_.empty())
    parts_.commands.add(command, {routing.record->partition, {routing.record->offset, routed_.front().lane}});
}

void EventIntake::arrive(Routing& routing) {
  for (const auto& [match, backlog] : routing.planned) parts_.loader.offer(*backlog, routing.record, match);
  for (Backlog* const backlog : routing.known) parts_.loader.offer(*backlog, routing.record, nullptr);
}

// The result of a command, of whoever's making: the command has come to its end.
void EventIntake::result_read(const event::EventView& view, const log::StoredRecord& record) {
  if (view.source != event::result_source(view.tenant)) return;
  for (const Commands::At& command : parts_.commands.of_result(view.tenant, view.client_id))
    if (command.partition == record.partition) parts_.loader.answered(command, record);
}

}  // namespace certes::dispatcher
