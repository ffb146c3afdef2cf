#pragma once
// How what the records say becomes the state of a delivery, and of an event. Records may come in any order (history is
// read forwards and backwards at once) and more than once: the same in the end. Who: the index. Pure.

#include <cstdint>

#include "api/history/rows.hpp"

namespace certes::api::history {

// Takes what another record says of the same delivery: an end stands, and else what was written last.
void merge(DeliveryRow& known, const DeliveryRow& told);

// The state of an event, from its own tenant's deliveries. One that has more of them than are known is open.
class StateOf {
 public:
  void add(const DeliveryRow& delivery);
  EventState value() const;

 private:
  std::int64_t count_ = 0, expected_ = 0;
  bool open_ = false, failed_ = false, unmatched_ = false;
};

}  // namespace certes::api::history
