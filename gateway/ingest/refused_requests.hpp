#pragma once
// RefusedRequests: the last requests of each source that this gateway has refused, with their cause, so that who sets a
// source up sees what was wrong without a look at logs. Of headers only the content type is kept, so no signature and
// no key; of a body its first bytes, where the source's secret is not sought in it. Bounded: per source by number, per
// tenant and in all by bytes: the oldest leave. Those that are refused for the same, one after the other, are one
// entry. Who: Refusals of all loops add; Gateway answers questions. Any thread; nothing blocks for long.

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "common/base/mutex.hpp"
#include "common/metrics/metrics.hpp"
#include "common/questions/refused_requests.hpp"

namespace certes::gateway::ingest {

class RefusedRequests {
 public:
  static constexpr std::size_t kMostOfSource = 100;
  static constexpr std::size_t kMostPayload = 1'024;
  static constexpr std::size_t kMostText = 160;  // of an error; what else is text is shorter

  // `most_bytes`: of all; 0: nothing is kept. No tenant has more than a quarter. `dropped`: counts those that leave for
  // want of room.
  RefusedRequests(std::size_t most_bytes, metrics::Counter dropped) : most_bytes_(most_bytes), dropped_(dropped) {}
  RefusedRequests(const RefusedRequests&) = delete;
  RefusedRequests& operator=(const RefusedRequests&) = delete;

  // Texts are cut to what is kept of them.
  void add(std::string_view tenant, std::string_view source, questions::RefusedRequest&& request);
  // The newest first.
  questions::RefusedRequests of(std::string_view tenant, const questions::RefusedSubject& subject) const;
  std::size_t bytes() const;

 private:
  struct Entry {
    questions::RefusedRequest request;
    std::string source;
    std::size_t bytes = 0;
  };
  using Entries = std::list<Entry>;  // the oldest first
  struct Tenant {
    Entries entries;
    std::map<std::string, std::list<Entries::iterator>, std::less<>> by_source;
    std::size_t bytes = 0;
  };
  using Tenants = std::map<std::string, Tenant, std::less<>>;

  bool repeats(Tenant& tenant, std::string_view source, questions::RefusedRequest& request) CERTES_REQUIRES(mutex_);
  void drop(Tenant& tenant, Entries::iterator entry) CERTES_REQUIRES(mutex_);
  void weigh(Tenant& tenant, Entry& entry) CERTES_REQUIRES(mutex_);
  void make_room(Tenant& tenant) CERTES_REQUIRES(mutex_);
  void drop_oldest(Tenant& tenant) CERTES_REQUIRES(mutex_);

  const std::size_t most_bytes_;
  metrics::Counter dropped_;
  mutable Mutex mutex_;
  Tenants tenants_ CERTES_GUARDED_BY(mutex_);
  std::size_t bytes_ CERTES_GUARDED_BY(mutex_) = 0;
};

}  // namespace certes::gateway::ingest
