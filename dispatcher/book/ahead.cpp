#include "dispatcher/book/ahead.hpp"

#include <algorithm>

namespace certes::dispatcher::book {
namespace {

// An estimate; of its reason too, which has a bound.
std::size_t bytes_of(const AheadDelivery& delivery) {
  return sizeof(AheadDelivery) + 64 + delivery.tenant.size() + delivery.endpoint.size();
}

}  // namespace

bool advance(Tried& known, const Tried& outcome) {
  if (outcome.attempts < known.attempts) return false;
  Tried next = outcome;
  if (known.first_at != 0) next.first_at = known.first_at;
  // Its result stands on no tail, so none of their records takes it back.
  if (known.what == Due::answered && outcome.what != Due::dead_letter) {
    next.what = known.what;
    next.due = known.due;
  }
  // Nor that it was made due before its time (OpenIndex::hurry).
  const bool same = known.first_at != 0 && outcome.attempts == known.attempts;
  if (same && known.what == Due::attempt && outcome.what == Due::attempt) next.due = std::min(next.due, known.due);
  const bool news = next != known || known.first_at == 0;
  known = next;
  return news;
}

void Ahead::add(const Outcome& outcome) {
  auto& deliveries = by_offset_[outcome.offset];
  auto found = std::find_if(deliveries.begin(), deliveries.end(), [&](const AheadDelivery& delivery) {
    const bool same_event = delivery.event == outcome.event || delivery.event == 0 || outcome.event == 0;
    return delivery.tenant == outcome.tenant && delivery.endpoint == outcome.endpoint && same_event;
  });
  if (found == deliveries.end()) {
    deliveries.push_back({std::string(outcome.tenant), std::string(outcome.endpoint), {}, {}, {}, outcome.event});
    found = deliveries.end() - 1;
    bytes_ += bytes_of(*found);
  }
  if (found->event == 0) found->event = outcome.event;
  if (outcome.ended) {
    found->ended = outcome.ended;
    return;
  }
  if (!found->tried) found->tried = Tried{};
  if (advance(*found->tried, outcome.tried)) found->reason = outcome.reason;
}

const std::vector<AheadDelivery>& Ahead::of(std::int64_t offset) const {
  static const std::vector<AheadDelivery> kNone;
  const auto found = by_offset_.find(offset);
  return found == by_offset_.end() ? kNone : found->second;
}

const AheadDelivery* Ahead::find(std::int64_t offset, std::string_view tenant, std::string_view endpoint) const {
  for (const AheadDelivery& delivery : of(offset))
    if (delivery.tenant == tenant && delivery.endpoint == endpoint) return &delivery;
  return nullptr;
}

void Ahead::keep(std::int64_t offset, std::uint64_t event) {
  const auto found = by_offset_.find(offset);
  if (found == by_offset_.end()) return;
  std::erase_if(found->second, [&](const AheadDelivery& delivery) {
    const bool other = delivery.event != 0 && delivery.event != event;
    if (other) bytes_ -= bytes_of(delivery);
    return other;
  });
  if (found->second.empty()) by_offset_.erase(found);
}

void Ahead::drop_below(std::int64_t offset) { drop(by_offset_.begin(), by_offset_.lower_bound(offset)); }

void Ahead::drop_from(std::int64_t offset) { drop(by_offset_.lower_bound(offset), by_offset_.end()); }

void Ahead::drop(ByOffset::iterator from, ByOffset::iterator to) {
  for (auto at = from; at != to; ++at)
    for (const AheadDelivery& delivery : at->second) bytes_ -= bytes_of(delivery);
  by_offset_.erase(from, to);
}

}  // namespace certes::dispatcher::book
