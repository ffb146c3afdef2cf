#include "dispatcher/answering/lane_waiting.hpp"

#include <algorithm>

namespace certes::dispatcher {
namespace {

constexpr int kLooks = 64;

// What memory and index say of one that is about to move from one to the other is not always of the same moment.
std::uint64_t less(std::uint64_t all, std::uint64_t part) { return all > part ? all - part : 0; }

}  // namespace

LaneWaiting waiting_of(const Backlog& backlog, const book::OpenIndex& index) {
  book::LaneCounts out;
  backlog.out.for_each([&](const Delivery& delivery) {
    const auto known = index.find({delivery.offset(), backlog.lane});
    if (known) ++(known->tried ? out.tried : out.untried);
  });
  LaneWaiting waiting;
  const std::uint64_t first = less(backlog.counts->untried, out.untried);
  const std::uint64_t retries = less(backlog.counts->tried, out.tried);
  waiting.first_memory = std::min<std::uint64_t>(first, backlog.ready + backlog.in_wheel[false]);
  waiting.first_log = first - waiting.first_memory;
  waiting.retry_memory = std::min<std::uint64_t>(retries, backlog.ready_tried + backlog.in_wheel[true]);
  waiting.retry_log = retries - waiting.retry_memory;
  return waiting;
}

UnixMillis oldest_waiting(const Backlog& backlog, const book::OpenIndex& index, Book& book) {
  std::int64_t from = 0;
  for (int looks = 0; const auto at = index.next_open(backlog.lane, from);) {
    from = *at + 1;
    const auto known = index.find({*at, backlog.lane});
    const bool awaits = known->tried && known->tried->what == Due::result;
    const LoadedRecord* const record = book.loaded(backlog.partition, *at);
    const Delivery* const delivery = record ? Book::find(*record, backlog.lane) : nullptr;
    const bool first_is_out = !known->tried && delivery && delivery->is_out();
    if (first_is_out || (awaits && ++looks <= kLooks)) continue;
    return record ? record->record->appended_at : index.append_times(*at).lowest;
  }
  return 0;
}

std::optional<UnixMillis> next_due(const Backlog& backlog, const book::OpenIndex& index) {
  std::optional<UnixMillis> next;
  std::int64_t from = 0;
  for (int looks = 0; looks < kLooks; ++looks) {
    const auto at = index.next_tried(backlog.lane, from);
    if (!at) break;
    from = *at + 1;
    const auto known = index.find({*at, backlog.lane});
    if (known->tried->what == Due::attempt) next = next ? std::min(*next, known->tried->due) : known->tried->due;
  }
  return next;
}

}  // namespace certes::dispatcher
