#pragma once
// PickDesk: where a Picker's consumer and the engine's thread meet: runs go in, results come out, and what was
// cancelled is forgotten on both ways. Who: the engines' pickers. Each part belongs to its thread.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "common/base/mutex.hpp"
#include "common/log/log.hpp"

namespace certes::log {

class PickDesk {
 public:
  // A run, and by what it is known whether it was cancelled.
  struct Asked {
    PickRun run;
    std::uint64_t number = 0;
  };

  // `asked` is called by the consumer's thread when there is something to look at; it must not block.
  PickDesk(Wake answered, std::function<void()> asked) : answered_(std::move(answered)), asked_(std::move(asked)) {}

  // The consumer's: as Picker's. `partitions`: of the topic.
  Result<void> ask(PickRun run, std::int32_t partitions);
  std::size_t poll(std::size_t max, std::vector<Picked>& out);
  void cancel(Topic topic, std::int32_t partition);

  // The engine's thread's.
  std::deque<Asked> take();
  bool cancelled(Topic topic, std::int32_t partition, std::uint64_t number) const;
  // Hands over results of that run, and empties the vector.
  void answer(std::uint64_t number, std::vector<Picked>& results);

 private:
  using Place = std::pair<Topic, std::int32_t>;
  bool is_cancelled(Place place, std::uint64_t number) const CERTES_REQUIRES(mutex_);

  const Wake answered_;
  const std::function<void()> asked_;
  mutable Mutex mutex_;
  std::uint64_t next_ CERTES_GUARDED_BY(mutex_) = 0;
  std::map<Place, std::uint64_t> cancelled_ CERTES_GUARDED_BY(mutex_);  // runs below that number
  std::deque<Asked> runs_ CERTES_GUARDED_BY(mutex_);
  std::deque<Picked> results_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::log
