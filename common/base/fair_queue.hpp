#pragma once
// FairQueue: work that waits for one of a few threads, fair by tenant. Places in the queue go by Shares, what waits is
// given out in turn, tenant by tenant, and threads go by ThreadShares. Who: the workers of listeners, the look-ups of
// commands. Any thread; push does not block.
// What waits costs its bytes, but never less than the queue's bytes divided by its items: one bound for both. What has
// begun and goes on in its tenant's next turn is put back: before what has not begun, and never turned away. It has as
// much room again, of its own.

#include <deque>
#include <list>
#include <optional>
#include <utility>

#include "common/base/mutex.hpp"
#include "common/base/shares.hpp"
#include "common/base/thread_shares.hpp"

namespace certes {

struct FairOptions {
  std::size_t most_items = 1'024;
  std::size_t most_bytes = 64u << 20;
  int threads = 4;  // that pop
};

// The order alone. Confined to its owner.
template <class T>
class FairOrder {
 public:
  explicit FairOrder(const FairOptions& options)
      : least_cost_(std::max<std::size_t>(1, options.most_bytes / std::max<std::size_t>(1, options.most_items))),
        most_begun_(std::max(options.most_bytes, least_cost_)),
        threads_(options.threads),
        shares_(most_begun_) {}

  // What is turned away: nothing; the newest of who holds too much; or the item itself.
  std::vector<T> push(std::string_view tenant, std::size_t bytes, T item) {
    std::vector<T> away;
    const std::size_t cost = std::max(bytes, least_cost_);
    if (!shares_.may_take(tenant, cost)) {
      away.push_back(std::move(item));
      return away;
    }
    while (!shares_.fits(cost)) away.push_back(take_newest(lanes_.find(shares_.gives_way())));
    const auto lane = lanes_.try_emplace(std::string(tenant)).first;
    if (lane->second.idle()) ring_.push_back(lane);
    lane->second.waiting.push_back({std::move(item), cost});
    shares_.take(tenant, cost);
    ++waiting_;
    return away;
  }

  // Whose turn it is. Nothing: nobody waits, or none of them may have a thread now. done() follows for each.
  std::optional<std::pair<std::string, T>> next() {
    const auto turn = whose_turn();
    if (turn == ring_.end()) return std::nullopt;
    const LaneRef lane = *turn;
    Waiting first = take_oldest(lane);
    --waiting_;
    ++lane->second.at_work;
    ++at_work_;
    if (lane->second.idle())
      ring_.erase(turn);
    else
      ring_.splice(ring_.end(), ring_, turn);
    return std::pair(lane->first, std::move(first.item));
  }
  void done(std::string_view tenant) {
    const auto lane = lanes_.find(tenant);
    --lane->second.at_work;
    --at_work_;
    drop_if_unused(lane);
  }
  // Instead of done(): what next() gave goes on later. False: there is no room, and it has its thread still.
  bool put_back(std::string_view tenant, std::size_t bytes, T&& item) {
    const std::size_t cost = std::max(bytes, least_cost_);
    if (begun_ + cost > most_begun_) return false;
    const auto lane = lanes_.find(tenant);
    if (lane->second.idle()) ring_.push_back(lane);
    lane->second.begun.push_back({std::move(item), cost});
    begun_ += cost;
    ++waiting_;
    --lane->second.at_work;
    --at_work_;
    return true;
  }

  std::size_t waiting() const { return waiting_; }

 private:
  struct Waiting {
    T item;
    std::size_t cost;
  };
  struct Lane {
    std::deque<Waiting> begun, waiting;
    int at_work = 0;
    bool idle() const { return begun.empty() && waiting.empty(); }
  };
  using Lanes = std::map<std::string, Lane, std::less<>>;
  using LaneRef = typename Lanes::iterator;
  using Ring = std::list<LaneRef>;

  // Passes over at most as many as have threads.
  typename Ring::iterator whose_turn() {
    const auto little =
        std::ranges::find_if(ring_, [&](LaneRef lane) { return threads_.little(lane->second.at_work); });
    return little != ring_.end() || !threads_.spare(at_work_) ? little : ring_.begin();
  }
  Waiting take_oldest(LaneRef lane) {
    auto& [begun, waiting, at_work] = lane->second;
    auto& from = begun.empty() ? waiting : begun;
    Waiting oldest = std::move(from.front());
    from.pop_front();
    if (&from == &begun)
      begun_ -= oldest.cost;
    else
      shares_.give(lane->first, oldest.cost);
    return oldest;
  }
  T take_newest(LaneRef lane) {
    Waiting newest = std::move(lane->second.waiting.back());
    lane->second.waiting.pop_back();
    shares_.give(lane->first, newest.cost);
    --waiting_;
    if (lane->second.idle()) {
      ring_.remove(lane);
      drop_if_unused(lane);
    }
    return std::move(newest.item);
  }
  void drop_if_unused(LaneRef lane) {
    if (lane->second.idle() && lane->second.at_work == 0) lanes_.erase(lane);
  }

  const std::size_t least_cost_, most_begun_;
  const ThreadShares threads_;
  Shares shares_;
  Lanes lanes_;
  Ring ring_;  // lanes in which something waits
  std::size_t waiting_ = 0;
  std::size_t begun_ = 0;  // the cost of what was put back
  int at_work_ = 0;
};

template <class T>
class FairQueue {
 public:
  explicit FairQueue(const FairOptions& options) : order_(options) {}
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  // An item, and the thread it may have: until it is let go.
  class Turn {
   public:
    Turn(FairQueue& queue, std::string tenant, T&& given)
        : item(std::move(given)), queue_(&queue), tenant_(std::move(tenant)) {}
    Turn(Turn&& other) noexcept
        : item(std::move(other.item)),
          queue_(std::exchange(other.queue_, nullptr)),
          tenant_(std::move(other.tenant_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (queue_) queue_->done(tenant_);
    }
    // The item goes on in another turn, and the thread is let go. False: there is no room; it keeps both.
    bool put_back(std::size_t bytes) {
      if (!queue_->put_back(tenant_, bytes, std::move(item))) return false;
      queue_ = nullptr;
      return true;
    }
    T item;

   private:
    FairQueue* queue_;
    std::string tenant_;
  };

  // What is turned away, to be answered by the caller: see FairOrder. Once closed: the item.
  [[nodiscard]] std::vector<T> push(std::string_view tenant, std::size_t bytes, T item) {
    std::vector<T> away;
    {
      const Lock lock(mutex_);
      if (closed_)
        away.push_back(std::move(item));
      else
        away = order_.push(tenant, bytes, std::move(item));
    }
    changed_.notify_one();
    return away;
  }
  // Blocks until there is something to do. Nothing: closed.
  std::optional<Turn> pop() {
    Lock lock(mutex_);
    for (;;) {
      if (closed_) return std::nullopt;
      if (auto next = order_.next())
        return std::optional<Turn>(std::in_place, *this, std::move(next->first), std::move(next->second));
      changed_.wait(lock);
    }
  }
  // Whoever pops gets nothing any more. What waits stays until the queue is destroyed.
  void close() {
    {
      const Lock lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }
  std::size_t waiting() const {
    const Lock lock(mutex_);
    return order_.waiting();
  }

 private:
  void done(const std::string& tenant) {
    {
      const Lock lock(mutex_);
      order_.done(tenant);
    }
    changed_.notify_one();
  }

  bool put_back(const std::string& tenant, std::size_t bytes, T&& item) {
    {
      const Lock lock(mutex_);
      if (!order_.put_back(tenant, bytes, std::move(item))) return false;
    }
    changed_.notify_one();
    return true;
  }

  mutable Mutex mutex_;
  Condition changed_;
  FairOrder<T> order_ CERTES_GUARDED_BY(mutex_);
  bool closed_ CERTES_GUARDED_BY(mutex_) = false;
};

}  // namespace certes
