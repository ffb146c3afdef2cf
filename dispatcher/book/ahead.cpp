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
  const UnixMillis first_at = known.first_at;
  const bool same = outcome.attempts == known.attempts && outcome.due == known.due && outcome.what == known.what;
  known = outcome;
  if (first_at != 0) known.first_at = first_at;
  return !same || first_at == 0;
}

void Ahead::add(const Outcome& outcome) {
  auto& deliveries = by_offset_[outcome.offset];
  auto found = std::find_if(deliveries.begin(), deliveries.end(), [&](const AheadDelivery& delivery) {
    return delivery.tenant == outcome.tenant && delivery.endpoint == outcome.endpoint;
  });
  if (found == deliveries.end()) {
    deliveries.push_back({std::string(outcome.tenant), std::string(outcome.endpoint), {}, {}, {}});
    found = deliveries.end() - 1;
    bytes_ += bytes_of(*found);
  }
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

void Ahead::drop_below(std::int64_t offset) { drop(by_offset_.begin(), by_offset_.lower_bound(offset)); }

void Ahead::drop_from(std::int64_t offset) { drop(by_offset_.lower_bound(offset), by_offset_.end()); }

void Ahead::drop(ByOffset::iterator from, ByOffset::iterator to) {
  for (auto at = from; at != to; ++at)
    for (const AheadDelivery& delivery : at->second) bytes_ -= bytes_of(delivery);
  by_offset_.erase(from, to);
}

}  // namespace certes::dispatcher::book
