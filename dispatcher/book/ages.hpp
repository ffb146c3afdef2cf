#pragma once
// Ages: the times of things that come and go in any order, and the oldest of them. Who: core. Pure; confined to its
// thread. O(log n) in the number of different times.

#include <cstdint>
#include <map>

#include "common/base/clock.hpp"

namespace certes::dispatcher {

class Ages {
 public:
  void add(UnixMillis at) { ++times_[at]; }
  // Precondition: it was added, and not removed since.
  void remove(UnixMillis at) {
    const auto found = times_.find(at);
    if (--found->second == 0) times_.erase(found);
  }
  UnixMillis oldest() const { return times_.empty() ? 0 : times_.begin()->first; }  // 0: there is none

 private:
  std::map<UnixMillis, std::uint32_t> times_;  // with how many have it
};

}  // namespace certes::dispatcher
