#pragma once
// Ahead: outcomes, found on the tails by a recovery, of records that are yet to be routed again. They wait for that
// under the endpoint's name, as its lane may not be known yet. Who: OpenIndex. Confined to the core loop.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dispatcher/book/chunk.hpp"

namespace certes::dispatcher::book {

// What stands on `attempts` or `dead-letters` of one delivery.
struct Outcome {
  std::int64_t offset = 0;  // of the event
  std::string_view tenant, endpoint;
  std::optional<Ended> ended;  // it was the delivery's last
  Tried tried;                 // otherwise; first_at: when this one was recorded
  Reason reason;               // of a dead letter that is due
  std::uint64_t event = 0;     // hash of the event's id; 0: not known
};

// Outcomes come in any order, and some twice: what `known` becomes by another attempt. False: it says nothing new.
bool advance(Tried& known, const Tried& outcome);

// All that is known of one delivery.
struct AheadDelivery {
  std::string tenant, endpoint;
  std::optional<Ended> ended;
  std::optional<Tried> tried;
  Reason reason;
  std::uint64_t event = 0;
};

class Ahead {
 public:
  bool empty() const { return by_offset_.empty(); }
  std::size_t bytes() const { return bytes_; }
  void add(const Outcome& outcome);
  // In the order in which they came first; none: an empty one. Valid until something is changed.
  const std::vector<AheadDelivery>& of(std::int64_t offset) const;
  const AheadDelivery* find(std::int64_t offset, std::string_view tenant, std::string_view endpoint) const;
  // The event there is this one: what is said of another is of a log that was before.
  void keep(std::int64_t offset, std::uint64_t event);
  void drop_below(std::int64_t offset);
  void drop_from(std::int64_t offset);
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [offset, deliveries] : by_offset_)
      for (const AheadDelivery& delivery : deliveries) visit(offset, delivery);
  }

 private:
  using ByOffset = std::map<std::int64_t, std::vector<AheadDelivery>>;
  void drop(ByOffset::iterator from, ByOffset::iterator to);

  ByOffset by_offset_;
  std::size_t bytes_ = 0;
};

}  // namespace certes::dispatcher::book
