#include "api/history/walk.hpp"

#include <algorithm>

namespace certes::api::history {

Walk::Chunk Walk::next(Lookup& lookup) {
  if (!std::exchange(begun_, true)) find_root(lookup);
  std::vector<EventRow> rows = lookup.rows(way_, filter_, cursor_, kChunk, order_);
  const bool last = rows.size() < kChunk;
  const bool with_root = add_root(rows, last);
  if (!rows.empty()) cursor_ = Cursor::behind(rows.back());
  Chunk chunk{{}, last};
  for (EventRow& row : rows)
    if (asked_for(lookup, row)) chunk.events.push_back(std::move(row));
  if (with_root) root_.reset();
  return chunk;
}

// A conversation has its first event's id, which says of itself that it is in none: it stands in another list, and is
// put to its place among the others.
void Walk::find_root(Lookup& lookup) {
  if (way_ != Way::conversation) return;
  auto records = lookup.records_of(filter_.tenant, *filter_.conversation);
  if (records.empty() || !records.front().conversation.empty()) return;
  if (!cursor_.has_seen(records.front(), order_)) root_ = std::move(records.front());
}

bool Walk::add_root(std::vector<EventRow>& rows, bool last) {
  if (!root_) return false;
  const auto place =
      std::ranges::find_if(rows, [&](const EventRow& row) { return !Cursor::behind(*root_).has_seen(row, order_); });
  if (place == rows.end() && !last) return false;
  rows.insert(place, *root_);
  return true;
}

bool Walk::asked_for(Lookup& lookup, const EventRow& event) const {
  if (!filter_.matches(event)) return false;
  if (!filter_.endpoint || way_ == Way::endpoint) return true;
  const auto deliveries = lookup.deliveries_of(event.tenant, event.place);
  return std::ranges::count(deliveries, *filter_.endpoint, &DeliveryRow::endpoint) > 0;
}

}  // namespace certes::api::history
