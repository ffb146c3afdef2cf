#pragma once
// Share: what this process may have of the limits of each endpoint: as much of them as it has of the partitions, so
// that the dispatchers of an installation keep them together. Concurrency is rounded up, and is one at least, so that
// nothing stands still; rates are not rounded. Who: Endpoints. Plain values; pure.

#include <algorithm>
#include <cstdint>

namespace certes::dispatcher {

struct Share {
  std::int64_t owned = 0, all = 0;  // partitions; while none is owned, or all are, limits hold whole
  bool whole() const { return owned <= 0 || owned >= all; }
  int of(int concurrency) const {
    if (whole()) return concurrency;
    return std::max(1, static_cast<int>((concurrency * owned + all - 1) / all));
  }
  double of(double rate_per_second) const {
    return whole() ? rate_per_second : rate_per_second * static_cast<double>(owned) / static_cast<double>(all);
  }
  bool operator==(const Share&) const = default;
};

}  // namespace certes::dispatcher
