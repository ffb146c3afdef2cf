#include "common/log/kafka/stall_watch.hpp"

namespace certes::log::kafka {
namespace {

constexpr const char* kTransaction = "open_transaction";
constexpr const char* kStalled = "stalled";

}  // namespace

void StallWatch::look(const Fetcher& fetcher, const std::map<std::int32_t, std::int64_t>& next) {
  const SteadyTime now = troubles_.now();
  if (now - looked_at_ < Stall::kLookEvery) return;
  if (now - looked_at_ > Stall::kNobodyAsks) stalls_.clear();
  looked_at_ = now;
  std::set<std::int32_t> in_transaction;
  stalled_.clear();
  for (const auto& [partition, offset] : next) {
    if (!stalls_[partition].lasts(offset, fetcher.known(Topic::events, partition).end, now)) continue;
    const auto end = ends_.find(partition);
    (end != ends_.end() && end->second == offset ? in_transaction : stalled_).insert(partition);
  }
  tell(kTransaction, in_transaction);
  tell(kStalled, stalled_);
}

void StallWatch::tell(const std::string& reason, const std::set<std::int32_t>& partitions) {
  const std::string label(to_string(Topic::events));
  if (partitions.empty()) return troubles_.over(label, reason, topic_ + " is given again");
  std::string list;
  for (const std::int32_t partition : partitions) list += (list.empty() ? "" : ", ") + std::to_string(partition);
  const std::string why = reason == kTransaction ? "another program's transaction is open there" : "nobody says why";
  troubles_.met(label, reason,
                topic_ + ", partition " + list + ": what stands there has not been given for more than 30 s: " + why,
                static_cast<int>(partitions.size()));
}

}  // namespace certes::log::kafka
