#pragma once
// RateLimits: the limits of a gateway process, by name ("key:tenant/id", …), the same for all its loops. Each process
// counts for itself. Who: Gateway makes one, each Intake asks. Any thread: one mutex, held for a look-up.
//
// Restraint: what one request is held to: the limits of its tenant, its key and its source. Confined to one thread.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/mutex.hpp"
#include "common/http/server/server.hpp"
#include "gateway/limits/rate_limit.hpp"

namespace certes::gateway::ingest {

class RateLimits {
 public:
  // Of that name; with another rate than before it starts afresh. Kept until a whole burst may come again, and so
  // bounded by the resources that have a rate and are in use.
  std::shared_ptr<RateLimit> of(std::string_view name, double rate_per_second, SteadyTime now);
  std::size_t size() const;

 private:
  void forget_idle(SteadyTime now) CERTES_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<RateLimit>, std::less<>> limits_ CERTES_GUARDED_BY(mutex_);
  std::size_t next_sweep_ CERTES_GUARDED_BY(mutex_) = 1'024;  // at this size
};

class Restraint {
 public:
  // `kind`: "tenant", "key" or "source"; a literal. Null is no limit. At most three.
  void add(std::string_view kind, std::string_view id, std::shared_ptr<RateLimit> limit);
  bool empty() const { return size_ == 0; }

  // The answer 429, with Retry-After, if one of them is used up.
  std::optional<http::Response> refusal(SteadyTime now) const;
  void take(SteadyTime now, std::size_t events) const;
  // RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10), which whatever answer comes will have.
  void tell(SteadyTime now, http::Exchange& exchange) const;

 private:
  struct One {
    std::string_view kind;
    std::string id;
    std::shared_ptr<RateLimit> limit;
  };
  std::array<One, 3> all_;
  std::size_t size_ = 0;
};

}  // namespace certes::gateway::ingest
