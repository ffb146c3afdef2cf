#pragma once
// Unverified: what webhooks that did not verify have cost, by source and by who sent them (an address, or an IPv6 /64),
// so that nobody makes a gateway verify without end. Whoever is above the bound is told so instead of what was wrong;
// and what is dear to verify is not verified for him. What is cheap is: a good sender behind the same address is
// served. Who: Gateway makes one, each Intake asks. Any thread: one mutex, held for a look-up; memory is fixed.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"

namespace certes::gateway::ingest {

class Unverified {
 public:
  // `per_second`: on average, in bursts of one second's worth; above 0. `peers`: remembered, of all sources together;
  // of more the one goes that has least to answer for.
  Unverified(double per_second, std::size_t peers);

  // Who sent it, and where to: equal for equal ones.
  using Sender = std::uint64_t;
  Sender sender(std::string_view tenant, std::string_view source, std::string_view address) const;

  // How long until it may fail again; 0: now.
  std::chrono::nanoseconds wait(Sender sender, SteadyTime now) const;
  // It has failed, and that has cost so much: a millisecond counts as a request, and less than one too.
  void failed(Sender sender, std::chrono::microseconds cost, SteadyTime now);

 private:
  struct Slot {
    Sender sender = 0;
    std::int64_t spent_until = 0;  // ns of the steady clock, as in RateLimit
  };
  static constexpr std::size_t kWays = 8;

  // Where it may stand.
  Slot* ways(Sender sender) const CERTES_REQUIRES(mutex_) { return slots_.data() + sender % sets_ * kWays; }

  const std::int64_t interval_;  // of one, ns
  const std::int64_t burst_;     // ns
  const std::size_t sets_;
  const std::string salt_;  // so that nobody chooses addresses that meet
  mutable Mutex mutex_;
  mutable std::vector<Slot> slots_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::gateway::ingest
