#pragma once
// Slot: one of an endpoint's places for requests (its concurrency), as Scheduler::next has taken it; freed when it is
// destroyed. Who: a delivery that is sent, until its outcome is recorded. Confined to the core loop. The endpoint's
// lanes outlive it.

#include <utility>

#include "dispatcher/scheduling/scheduler.hpp"

namespace certes::dispatcher {

class Slot {
 public:
  Slot() = default;  // none
  explicit Slot(Lanes& lanes) : lanes_(&lanes) {}
  Slot(Slot&& other) noexcept : lanes_(std::exchange(other.lanes_, nullptr)) {}
  Slot& operator=(Slot&& other) noexcept {
    Slot taken(std::move(other));
    std::swap(lanes_, taken.lanes_);
    return *this;
  }
  ~Slot() {
    if (lanes_ != nullptr) lanes_->scheduler_->release(*lanes_);
  }

 private:
  Lanes* lanes_ = nullptr;
};

}  // namespace certes::dispatcher
