#pragma once
// Admission: whether a gateway takes requests at all now, asked before anything of a request is looked at, so that
// refusing costs next to nothing. Not during maintenance; not with more requests waiting for the log than it is allowed
// to keep; and not while the log has been silent for longer than it takes to be worth waiting: a request that would
// only end as `outcome-unknown` is refused while it surely is not stored. Who: Intake, one per loop. Pure, confined to
// it.

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/config/running.hpp"

namespace certes::gateway::ingest {

class Admission {
 public:
  // `live`: as they stand now, which outlives it; null: they stay as they are.
  explicit Admission(const config::GatewaySettings& settings, const config::Live* live = nullptr);

  // What waits for the log in this loop: requests, and since when it has said nothing.
  struct Waiting {
    std::size_t requests = 0;
    SteadyTime silent_since{};  // the log, with requests that are not answered yet
    bool any_unanswered = false;
  };
  struct Refusal {
    std::string_view reason;  // "maintenance", "overload", "slow_log": the metric's
    std::string_view why;     // the answer's
    int retry_after_seconds;
  };
  std::optional<Refusal> refusal(const Waiting& waiting, SteadyTime now) const;

 private:
  std::unique_ptr<const config::Live> own_;  // where there is no other
  const config::Live& live_;
  std::size_t loops_;  // that share what may wait
};

}  // namespace certes::gateway::ingest
