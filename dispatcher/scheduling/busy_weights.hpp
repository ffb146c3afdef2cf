#pragma once
// BusyWeights: the largest weight of the tenants that have something. Who: scheduler. Confined to one thread. Pure.

#include <array>
#include <cstddef>

#include "common/registry/resources.hpp"

namespace certes::dispatcher {

class BusyWeights {
 public:
  // Precondition of both: 1 <= weight <= registry::kMostWeight; what leaves has come.
  void come(int weight) {
    ++tenants_[static_cast<std::size_t>(weight)];
    if (weight > largest_) largest_ = weight;
  }
  void leave(int weight) {
    --tenants_[static_cast<std::size_t>(weight)];
    while (largest_ > 0 && tenants_[static_cast<std::size_t>(largest_)] == 0) --largest_;
  }
  int largest() const { return largest_; }  // 0: nobody has anything

 private:
  std::array<std::size_t, registry::kMostWeight + 1> tenants_{};  // by weight
  int largest_ = 0;
};

}  // namespace certes::dispatcher
