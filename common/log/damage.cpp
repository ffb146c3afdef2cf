#include "common/log/damage.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace certes::log {
namespace {

constexpr std::size_t kMostRanges = 10'000;  // of a partition; above, what is met again counts again

std::string name_of(Topic topic, std::int32_t partition) {
  return std::string(to_string(topic)) + "[" + std::to_string(partition) + "]";
}

std::string records(std::int64_t from, std::int64_t to) {
  const std::string first = std::to_string(from);
  return to - from == 1 ? "record " + first : "records " + first + " to " + std::to_string(to - 1);
}

}  // namespace

// How many of them were not known to be lost.
std::int64_t Damage::count(Place place, std::int64_t from, std::int64_t to) {
  const Lock lock(mutex_);
  auto& ranges = passed_[place];
  std::int64_t fresh = to - from;
  auto range = ranges.upper_bound(from);
  if (range != ranges.begin() && std::prev(range)->second >= from) --range;
  while (range != ranges.end() && range->first <= to) {
    fresh -= std::max<std::int64_t>(0, std::min(to, range->second) - std::max(from, range->first));
    from = std::min(from, range->first);
    to = std::max(to, range->second);
    range = ranges.erase(range);
  }
  if (ranges.size() < kMostRanges) ranges.emplace(from, to);
  return fresh;
}

void Damage::passed(Topic topic, std::int32_t partition, std::int64_t from, std::int64_t to) {
  const std::int64_t fresh = count({topic, partition}, from, to);
  if (fresh <= 0) return;
  if (metrics_ != nullptr)
    metrics_
        ->counter("certes_log_lost_records_total", "Records that were gone or damaged before they were read",
                  {{"topic", std::string(to_string(topic))}})
        .add(static_cast<double>(fresh));
  const std::string where = name_of(topic, partition);
  const auto times = lines_.due(topic == Topic::registry ? where + std::to_string(from) : where, clock_.now());
  if (!times) return;
  const std::string more = *times > 1 ? ", and others before" : "";
  spdlog::error("log: lost: {} of {}, missing or damaged{}; what stands behind goes on (store.on_damaged)",
                records(from, to), where, more);
}

Error Damage::stays(const std::string& log, Topic topic, std::int32_t partition, std::int64_t offset) {
  const std::string where = name_of(topic, partition);
  const std::string message = "cannot read " + log + ": record " + std::to_string(offset) + " of " + where +
                              " is missing or damaged: stop, keep a copy, and restore it; or start with "
                              "store.on_damaged = \"skip\", which loses it and goes on";
  {
    const Lock lock(mutex_);
    const bool first = stayed_.emplace(topic, partition).second;
    if (first && metrics_ != nullptr)
      metrics_
          ->gauge("certes_log_trouble", "Partitions that cannot be read although the log answers.",
                  {{"topic", std::string(to_string(topic))}, {"reason", "damaged"}})
          .add(1);
  }
  if (lines_.due(where, clock_.now())) spdlog::error("log: {}", message);
  return Error(Code::internal, message);
}

}  // namespace certes::log
