#pragma once
// ThreadShares: who may have one more of a few threads. A quarter (at least one of two or more) is kept for tenants
// that are at work on less than a quarter: one tenant alone may have all others. Who: FairQueue, the resolver. Pure.

#include <algorithm>

namespace certes {

class ThreadShares {
 public:
  explicit ThreadShares(int threads)
      : threads_(threads), quarter_(std::max(1, threads / 4)), kept_(threads < 2 ? 0 : quarter_) {}

  // It has its thread before others. `own`: on how many it is at work.
  bool little(int own) const { return own < quarter_; }
  // Whoever it is may have one. `all`: how many are at work.
  bool spare(int all) const { return all + 1 + kept_ <= threads_; }
  bool may(int own, int all) const { return all < threads_ && (little(own) || spare(all)); }

 private:
  const int threads_, quarter_, kept_;
};

}  // namespace certes
