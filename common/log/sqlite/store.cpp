#include "common/log/sqlite/store.hpp"

#include <algorithm>

#include "common/log/sqlite/schema.hpp"

namespace certes::log::sqlite {
namespace {

// In the order of `partitions`: the registry's one, then each topic's.
std::size_t index_of(Topic topic, std::int32_t number, std::int32_t partitions) {
  const auto t = static_cast<std::int32_t>(topic);
  return static_cast<std::size_t>(t == 0 ? 0 : 1 + (t - 1) * partitions + number);
}

}  // namespace

static_assert(Topic::registry == Topic{0});

bool Seat::take(const void* member) {
  const Lock lock(mutex_);
  if (member_ != nullptr && member_ != member) return false;
  member_ = member;
  return true;
}

void Seat::leave(const void* member) {
  std::vector<std::shared_ptr<Watch>> waiting;
  {
    const Lock lock(mutex_);
    if (member_ != member) return;
    member_ = nullptr;
    waiting.swap(waiting_);
  }
  for (const auto& each : waiting) each->waker.ring();
}

void Seat::wait(std::shared_ptr<Watch> watch) {
  const Lock lock(mutex_);
  if (std::find(waiting_.begin(), waiting_.end(), watch) == waiting_.end()) waiting_.push_back(std::move(watch));
}

Store::Store(Options its_options, const Clock& its_clock, std::string its_path, DirectoryLock its_lock,
             std::vector<std::unique_ptr<Partition>> its_partitions, std::vector<Committed> its_commits)
    : options(std::move(its_options)),
      clock(its_clock),
      path(std::move(its_path)),
      lock(std::move(its_lock)),
      partitions(std::move(its_partitions)),
      space(options.directory, static_cast<std::int64_t>(options.reserve_bytes),
            static_cast<std::int64_t>(options.max_bytes)),
      drop_behind(path),
      reads(path),
      commits(std::move(its_commits)),
      jobs([this] { doorbell.wake(); }) {}

Partition* Store::partition(Topic topic, std::int32_t number) const {
  if (number < 0 || number >= partitions_of(topic, options.partitions)) return nullptr;
  return partitions[index_of(topic, number, options.partitions)].get();
}

std::size_t Store::index(const Partition& partition) const {
  return index_of(partition.topic, partition.number, options.partitions);
}

}  // namespace certes::log::sqlite
