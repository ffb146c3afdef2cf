// What an ordered lane makes of its deliveries: who goes first, and who may go once that has ended.
#include "dispatcher/book/book.hpp"
#include "dispatcher/loading/backlogs.hpp"

namespace certes::dispatcher {

KeyOrder::Entry Book::entry_of(const Delivery& delivery) {
  return {delivery.key_hash, delivery.offset(), delivery.own_priority};
}

bool Book::is_first(const Delivery& delivery) {
  const KeyOrder* const order = delivery.backlog->order.get();
  return order == nullptr || order->is_first(delivery.key_hash, delivery.offset());
}

Delivery* Book::find(const Backlog& backlog, std::int64_t offset) {
  const LoadedRecord* const record = loaded(backlog.partition, offset);
  return record ? find(*record, backlog.lane) : nullptr;
}

void Book::raise(Backlog& backlog, std::int64_t first) {
  Delivery* const delivery = find(backlog, first);
  if (delivery != nullptr && std::holds_alternative<Queued>(delivery->place)) queue(*delivery);
}

void Book::end(Delivery& delivery) {
  Backlog& backlog = *delivery.backlog;
  const std::uint32_t hash = delivery.key_hash;
  const std::int64_t offset = delivery.offset();
  remove(delivery);
  ended(backlog, hash, offset);
}

void Book::ended(Backlog& backlog, std::uint32_t hash, std::int64_t offset) {
  if (backlog.order == nullptr) {
    // What came in order since waits for the last of the others.
    if (backlog.counts->open() > 0 || backlog.endpoint == nullptr) return;
    if (Backlog* const ordered = ordered_lane(*backlog.endpoint, backlog.partition)) stirred_.push_back(ordered);
    return;
  }
  const auto next = backlog.order->ended(hash, offset);
  if (!next) return;
  stirred_.push_back(&backlog);
  book::OpenIndex* const index = of(backlog.partition).index;
  if (Delivery* const delivery = find(backlog, *next)) {
    if (std::holds_alternative<BehindKey>(delivery->place)) queue(*delivery);
    return;
  }
  const auto known = index ? index->find({*next, backlog.lane}) : std::nullopt;
  if (known) wait_on_log(backlog, *index, *next, *known);
}

}  // namespace certes::dispatcher
