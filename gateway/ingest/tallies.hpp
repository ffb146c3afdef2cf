#pragma once
// Tallies: what a gateway has accepted and refused since the process started, for each tenant. Who: IngestMetrics
// counts, the informant says. Any thread; its lock is held for some additions.

#include <string_view>

#include "common/base/mutex.hpp"
#include "common/questions/by_tenant.hpp"
#include "common/questions/overview.hpp"

namespace certes::gateway::ingest {

class Tallies {
 public:
  // Events that a request has made durable, and how long that took.
  void accepted(std::string_view tenant, registry::EventKind kind, std::size_t events, std::chrono::nanoseconds took) {
    const Lock lock(mutex_);
    questions::Accepting& tally = tallies_.of(tenant);
    tally.accepted[static_cast<std::size_t>(kind)] += events;
    tally.append.count(std::chrono::duration_cast<std::chrono::microseconds>(took));
  }
  void duplicates(std::string_view tenant, std::size_t events) {
    const Lock lock(mutex_);
    tallies_.of(tenant).duplicates += events;
  }
  // A request. "": it is not known whose.
  void refused(std::string_view tenant) {
    const Lock lock(mutex_);
    ++tallies_.of(tenant).refused;
  }

  questions::Accepting only(std::string_view tenant) const {
    const Lock lock(mutex_);
    return tallies_.only(tenant);
  }
  questions::Accepting all() const {
    const Lock lock(mutex_);
    return tallies_.all();
  }

 private:
  mutable Mutex mutex_;
  questions::ByTenant<questions::Accepting> tallies_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::gateway::ingest
