#pragma once
// Probes: deliveries that failed as the probe of an endpoint's open breaker: they wait for their next attempts as
// others do, though they are those whose turn it was. Once the endpoint works they are due at once, and go before what
// has come behind them: not as retries, which would have no more than their share. Who: Endpoint, Attempts, Hurry,
// book. Pure. Confined to one thread. O(kMost).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dispatcher/book/calendar.hpp"

namespace certes::dispatcher {

class Probes {
 public:
  struct Probe {
    std::int32_t partition = 0;
    book::OpenPlace place;
    bool operator==(const Probe&) const = default;
  };

  // Above kMost the one that failed first is forgotten: it waits as others do.
  void failed(const Probe& probe) {
    erase(probe);
    if (probes_.size() == kMost) probes_.erase(probes_.begin());
    probes_.push_back(probe);
  }
  void erase(const Probe& probe) {
    if (!probes_.empty()) std::erase(probes_, probe);
  }
  bool contains(const Probe& probe) const { return !probes_.empty() && std::ranges::count(probes_, probe) > 0; }
  const std::vector<Probe>& all() const { return probes_; }  // the one that failed first first

 private:
  static constexpr std::size_t kMost = 64;

  std::vector<Probe> probes_;
};

}  // namespace certes::dispatcher
