#include "common/log/pick_desk.hpp"

#include <algorithm>
#include <iterator>

#include "common/log/pick_task.hpp"

namespace certes::log {

Result<void> PickDesk::ask(PickRun run, std::int32_t partitions) {
  if (run.partition < 0 || run.partition >= partitions) return fail(Code::invalid, "there is no such partition");
  if (run.wanted.empty() || !are_runs(run.wanted)) return fail(Code::invalid, "offsets must ascend");
  {
    const Lock lock(mutex_);
    runs_.push_back({std::move(run), next_++});
  }
  asked_();
  return {};
}

std::size_t PickDesk::poll(std::size_t max, std::vector<Picked>& out) {
  const Lock lock(mutex_);
  const std::size_t count = std::min(max, results_.size());
  const auto end = results_.begin() + static_cast<std::ptrdiff_t>(count);
  out.insert(out.end(), std::make_move_iterator(results_.begin()), std::make_move_iterator(end));
  results_.erase(results_.begin(), end);
  return count;
}

void PickDesk::cancel(Topic topic, std::int32_t partition) {
  std::deque<Picked> kept;  // what goes is freed without the lock
  {
    const Lock lock(mutex_);
    cancelled_[{topic, partition}] = next_;
    std::erase_if(runs_, [&](const Asked& a) { return a.run.topic == topic && a.run.partition == partition; });
    for (Picked& each : results_)
      if (each.topic != topic || each.partition != partition) kept.push_back(std::move(each));
    kept.swap(results_);
  }
  asked_();
}

std::deque<PickDesk::Asked> PickDesk::take() {
  const Lock lock(mutex_);
  return std::exchange(runs_, {});
}

bool PickDesk::is_cancelled(Place place, std::uint64_t number) const {
  const auto below = cancelled_.find(place);
  return below != cancelled_.end() && number < below->second;
}

bool PickDesk::cancelled(Topic topic, std::int32_t partition, std::uint64_t number) const {
  const Lock lock(mutex_);
  return is_cancelled({topic, partition}, number);
}

void PickDesk::answer(std::uint64_t number, std::vector<Picked>& results) {
  if (results.empty()) return;
  bool wake = false;
  {
    const Lock lock(mutex_);
    if (!is_cancelled({results.front().topic, results.front().partition}, number)) {
      wake = results_.empty();
      std::move(results.begin(), results.end(), std::back_inserter(results_));
    }
  }
  results.clear();
  if (wake && answered_) answered_();
}

}  // namespace certes::log
