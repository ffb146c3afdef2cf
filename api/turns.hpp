#pragma once
// Turns: one at a time, and tenant by tenant where several wait: what would stand before everybody's records in the
// log, or must be judged and decided before the next. Who: replays of dead letters, each step of them. Any thread; take
// blocks until it is one's turn.

#include <string>
#include <utility>

#include "common/base/fair_queue.hpp"
#include "common/base/mutex.hpp"

namespace certes::api {

class Turns {
 public:
  Turns() = default;
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Until it is let go.
  class Turn {
   public:
    Turn(Turns& turns, std::string tenant) : turns_(&turns), tenant_(std::move(tenant)) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), tenant_(std::move(other.tenant_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_) turns_->done(tenant_);
    }

   private:
    Turns* turns_;
    std::string tenant_;
  };
  Turn take(const std::string& tenant);

  // Who waits.
  std::size_t waiting() const;

 private:
  void done(const std::string& tenant);
  void hand_on() CERTES_REQUIRES(mutex_);

  mutable Mutex mutex_;
  Condition changed_;
  FairOrder<bool*> order_ CERTES_GUARDED_BY(mutex_){{.most_items = 1u << 20, .most_bytes = 1u << 20, .threads = 1}};
  bool taken_ CERTES_GUARDED_BY(mutex_) = false;
};

inline Turns::Turn Turns::take(const std::string& tenant) {
  Lock lock(mutex_);
  bool mine = false;
  order_.push(tenant, 1, &mine);  // there are never as many threads as places
  hand_on();
  changed_.wait(lock, [&mine] { return mine; });
  return {*this, tenant};
}

inline void Turns::done(const std::string& tenant) {
  const Lock lock(mutex_);
  order_.done(tenant);
  taken_ = false;
  hand_on();
}

inline void Turns::hand_on() {
  if (taken_) return;
  const auto next = order_.next();
  if (!next) return;
  *next->second = true;
  taken_ = true;
  changed_.notify_all();
}

inline std::size_t Turns::waiting() const {
  const Lock lock(mutex_);
  return order_.waiting();
}

}  // namespace certes::api
