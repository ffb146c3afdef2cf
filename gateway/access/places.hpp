#pragma once
// Places: so many may be inside at once, of all tenants, by their shares (base/shares.hpp): one tenant alone may have
// all; when they are taken, who holds least gets one of whoever holds more than a quarter, whose newest is told to
// leave. Who: what all loops of a gateway share of watchers and of requests that wait. Any thread, does not block.
// Outlives whoever is inside.

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "common/base/mutex.hpp"
#include "common/base/shares.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::gateway {

class Places {
 public:
  // `taken`: how many are. `taken_back`: how many were given to another tenant.
  Places(std::size_t most, metrics::Gauge taken, metrics::Counter taken_back)
      : most_(most), shares_(most), taken_(taken), taken_back_(taken_back) {}

  // The place is another's now: to leave soon. Called by whatever thread enters for that; must not block.
  using Told = std::function<void()>;
  struct Holder;
  struct Leave {
    void operator()(Holder* holder) const;
  };
  // Who holds one is inside; letting go of it leaves.
  using Place = std::unique_ptr<Holder, Leave>;
  // Nothing: there is none left for this tenant.
  Place enter(std::string_view tenant, Told told);
  std::size_t most() const { return most_; }

 private:
  using Inside = std::list<Holder*>;  // oldest first

  void leave(Holder& holder);
  void drop(Holder& holder) CERTES_REQUIRES(mutex_);

  const std::size_t most_;
  Mutex mutex_;  // guards what holders say, too
  Shares shares_ CERTES_GUARDED_BY(mutex_);
  std::map<std::string, Inside, std::less<>> inside_ CERTES_GUARDED_BY(mutex_);
  metrics::Gauge taken_ CERTES_GUARDED_BY(mutex_);
  metrics::Counter taken_back_ CERTES_GUARDED_BY(mutex_);
};

struct Places::Holder {
  Places& places;
  std::string tenant;
  Told told;
  bool inside = false;
  Inside::iterator at{};
};

inline void Places::Leave::operator()(Holder* holder) const {
  holder->places.leave(*holder);
  delete holder;
}

inline Places::Place Places::enter(std::string_view tenant, Told told) {
  Told leave;
  Place place;
  {
    const Lock lock(mutex_);
    if (!shares_.may_take(tenant, 1)) return nullptr;
    if (!shares_.fits(1)) {
      Holder& newest = *inside_.find(shares_.gives_way())->second.back();
      leave = std::move(newest.told);
      drop(newest);
      taken_back_.add();
    }
    auto& own = inside_.try_emplace(std::string(tenant)).first->second;
    place.reset(new Holder{*this, std::string(tenant), std::move(told), true, {}});
    place->at = own.insert(own.end(), place.get());
    shares_.take(tenant, 1);
    taken_.add(1);
  }
  if (leave) leave();
  return place;
}

inline void Places::leave(Holder& holder) {
  const Lock lock(mutex_);
  if (holder.inside) drop(holder);
}

inline void Places::drop(Holder& holder) {
  const auto own = inside_.find(holder.tenant);
  own->second.erase(holder.at);
  if (own->second.empty()) inside_.erase(own);
  holder.inside = false;
  shares_.give(holder.tenant, 1);
  taken_.add(-1);
}

}  // namespace certes::gateway
