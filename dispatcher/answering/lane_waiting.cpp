#include "dispatcher/answering/lane_waiting.hpp"

#include <algorithm>

namespace certes::dispatcher {
namespace {

constexpr int kLooks = 64;

std::size_t at(registry::Priority priority) { return static_cast<std::size_t>(priority); }

// Of one class; what is none of the lane's is nothing.
book::LaneCounts counts_of(const Backlog& backlog, const book::OpenIndex& index, std::size_t priority) {
  if (!backlog.ordered) return at(backlog.priority) == priority ? *backlog.counts : book::LaneCounts{};
  const auto& by_class = index.lanes().at(backlog.lane)->by_class;
  return by_class ? (*by_class)[priority] : book::LaneCounts{};
}

// What memory and index say of one that is about to move from one to the other is not always of the same moment.
std::uint64_t less(std::uint64_t all, std::uint64_t part) { return all > part ? all - part : 0; }

// The lowest of those that were tried, few of many.
template <class Visit>
void each_tried(const Backlog& backlog, const book::OpenIndex& index, Visit visit) {
  std::int64_t from = 0;
  for (int looks = 0; looks < kLooks; ++looks) {
    const auto at = index.next_tried(backlog.lane, from);
    if (!at) return;
    from = *at + 1;
    visit(*at, *index.find({*at, backlog.lane}));
  }
}

}  // namespace

WaitingByClass waiting_of(const Backlog& backlog, const book::OpenIndex& index) {
  std::array<book::LaneCounts, registry::kPriorities> out;
  backlog.out.for_each([&](const Delivery& delivery) {
    const auto known = index.find({delivery.offset(), backlog.lane});
    if (known) ++(known->tried ? out[at(known->priority)].tried : out[at(known->priority)].untried);
  });
  std::uint64_t first_memory = backlog.ready + backlog.in_wheel[false];
  if (backlog.order) first_memory += backlog.order->waiting_behind;
  std::uint64_t retry_memory = backlog.ready_tried + backlog.in_wheel[true];
  WaitingByClass all;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const book::LaneCounts open = counts_of(backlog, index, i);
    LaneWaiting& waiting = all[i];
    const std::uint64_t first = less(open.untried, out[i].untried), retries = less(open.tried, out[i].tried);
    waiting.first_memory = std::min(first, first_memory);
    waiting.first_log = first - waiting.first_memory;
    waiting.retry_memory = std::min(retries, retry_memory);
    waiting.retry_log = retries - waiting.retry_memory;
    first_memory -= waiting.first_memory;
    retry_memory -= waiting.retry_memory;
  }
  return all;
}

OldestWaiting oldest_waiting(const Backlog& backlog, const book::OpenIndex& index, Book& book) {
  std::int64_t from = 0;
  for (int looks = 0; const auto at = index.next_open(backlog.lane, from);) {
    from = *at + 1;
    const auto known = index.find({*at, backlog.lane});
    const bool awaits = known->tried && known->tried->what == Due::result;
    const LoadedRecord* const record = book.loaded(backlog.partition, *at);
    const Delivery* const delivery = record ? Book::find(*record, backlog.lane) : nullptr;
    const bool first_is_out = !known->tried && delivery && delivery->is_out();
    if (first_is_out || (awaits && ++looks <= kLooks)) continue;
    return {record ? record->record->appended_at : index.append_times(*at).lowest, known->priority};
  }
  return {};
}

BlockedKeys blocked_keys(const Backlog& backlog, const book::OpenIndex& index) {
  BlockedKeys blocked;
  if (!backlog.order) return blocked;
  each_tried(backlog, index, [&](std::int64_t offset, const book::OpenDelivery& known) {
    const std::uint32_t hash = known.key_hash.value_or(0);
    if (!backlog.order->is_first(hash, offset) || backlog.order->behind_first(hash, 1).empty()) return;
    ++blocked.keys;
    const UnixMillis since = known.tried->first_at;
    blocked.since = blocked.since == 0 ? since : std::min(blocked.since, since);
  });
  return blocked;
}

std::optional<UnixMillis> next_due(const Backlog& backlog, const book::OpenIndex& index) {
  std::optional<UnixMillis> next;
  each_tried(backlog, index, [&](std::int64_t, const book::OpenDelivery& known) {
    const UnixMillis due = known.tried->due;
    if (known.tried->what == Due::attempt) next = next ? std::min(*next, due) : due;
  });
  return next;
}

}  // namespace certes::dispatcher
