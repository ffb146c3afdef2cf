// What an ordered lane has loaded: the first of its keys, the highest class first, and some of what stands behind them,
// so that a key whose first has ended goes on at once.
#include <algorithm>

#include "dispatcher/loading/loader.hpp"

namespace certes::dispatcher {
namespace {

constexpr int kMostLooks = 1'024;  // at what was to be loaded, for a run

// What goes by that class goes by the highest that its tenant may have.
registry::Priority sent_by(const Backlog& backlog, registry::Priority priority) {
  return std::max(priority, backlog.endpoint->limits->highest);
}

}  // namespace

// A record that was routed just now.
void Loader::put_in_order(Backlog& backlog, book::OpenPlace place, const book::OpenDelivery& known) {
  if (!backlog.order) return;
  const auto first = backlog.order->add(entry_of(place.offset, known));
  if (!first) return;
  if (is_loaded(backlog.partition, {*first, backlog.lane}))
    parts_.book.raise(backlog, *first);
  else
    put_back(backlog, *first);
}

// Its endpoint may have another order now.
void Loader::order_anew(Backlog& backlog) {
  if (backlog.order->one() == (backlog.endpoint->config().ordering == registry::Ordering::all)) return;
  parts_.book.set_aside(*backlog.endpoint);
  parts_.backlogs.put_in_order(backlog);
}

registry::Priority Loader::class_in_order(const Backlog& backlog) const {
  auto priority = registry::Priority::bulk;
  if (const auto next = backlog.order->next_to_load()) priority = next->priority;
  if (backlog.due.empty()) return priority;
  const auto known = parts_.book.index(backlog.partition)->find({backlog.due.front(), backlog.lane});
  return known ? std::min(priority, backlog.order->priority_of(entry_of(backlog.due.front(), *known))) : priority;
}

bool Loader::wants_in_order(const Backlog& backlog) const {
  const auto next = backlog.order->next_to_load();
  return next && takes(backlog) &&
         2 * backlog.order->ready_from(sent_by(backlog, next->priority)) < most_ready(backlog) &&
         !Backlogs::older_open(backlog);
}

bool Loader::may_come_in_order(Backlog& backlog, book::OpenPlace place, const book::OpenDelivery& known) {
  KeyOrder& order = *backlog.order;
  if (!takes(backlog) || Backlogs::older_open(backlog)) return false;
  const KeyOrder::Entry entry = entry_of(place.offset, known);
  const registry::Priority priority = sent_by(backlog, order.priority_of(entry));
  // What cannot go yet takes nobody's room.
  if (const auto before = order.before_last(entry.hash, place.offset))
    return order.waiting_behind < most_ready(backlog) && is_loaded(backlog.partition, {*before, backlog.lane}) &&
           !parts_.book.is_full_for(backlog, kMemoryShare);
  const auto next = order.next_to_load();
  if ((next && next->priority <= priority) || order.ready_from(priority) >= most_ready(backlog)) return false;
  return parts_.book.make_room(priority, backlog);
}

void Loader::collect_in_order(Backlog& backlog, const book::OpenIndex& index, std::vector<Asked>& out) {
  KeyOrder& order = *backlog.order;
  const std::size_t most = most_ready(backlog);
  std::vector<std::uint32_t> keys;  // of those that are taken
  for (int looks = 0; looks < kMostLooks; ++looks) {
    const auto next = order.next_to_load();
    if (!next || order.ready_from(sent_by(backlog, next->priority)) + keys.size() >= most) break;
    order.pop_to_load();
    const book::OpenPlace place{next->offset, backlog.lane};
    const auto known = index.find(place);
    if (!known || known->tried || is_loaded(backlog.partition, place)) continue;
    const std::uint32_t hash = known->key_hash.value_or(0);
    if (!order.is_first(hash, next->offset)) continue;
    out.push_back({next->offset, &backlog, Want::first});
    keys.push_back(hash);
  }
  if (keys.empty() || order.waiting_behind >= most || parts_.book.is_full_for(backlog, kMemoryShare)) return;
  const std::size_t each = std::max<std::size_t>(1, (most - order.waiting_behind) / keys.size());
  std::size_t room = most - order.waiting_behind;
  for (const std::uint32_t hash : keys)
    for (const std::int64_t offset : order.behind_first(hash, std::min(each, room))) {
      const auto known = index.find({offset, backlog.lane});
      if (!known || known->tried || is_loaded(backlog.partition, {offset, backlog.lane})) continue;
      out.push_back({offset, &backlog, Want::first});
      --room;
    }
}

}  // namespace certes::dispatcher
