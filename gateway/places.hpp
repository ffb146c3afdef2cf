#pragma once
// Places: so many may be inside at once, counted by a gauge. Who: what all loops of a gateway share of watchers and of
// requests that wait. Any thread, does not block. Outlives whoever is inside.

#include <atomic>
#include <cstddef>
#include <memory>

#include "common/metrics/metrics.hpp"

namespace certes::gateway {

class Places {
 public:
  Places(std::size_t most, metrics::Gauge taken) : most_(most), taken_(taken) {}

  struct Leave {
    void operator()(Places* places) const { places->leave(); }
  };
  // Who holds one is inside; letting go of it leaves.
  using Place = std::unique_ptr<Places, Leave>;
  // Nothing: there is none left.
  Place enter() {
    if (inside_.fetch_add(1) >= most_) {
      inside_.fetch_sub(1);
      return nullptr;
    }
    taken_.add(1);
    return Place(this);
  }
  std::size_t most() const { return most_; }

 private:
  void leave() {
    inside_.fetch_sub(1);
    taken_.add(-1);
  }

  const std::size_t most_;
  metrics::Gauge taken_;
  std::atomic<std::size_t> inside_{0};
};

}  // namespace certes::gateway
