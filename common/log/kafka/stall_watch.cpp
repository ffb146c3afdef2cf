#include "common/log/kafka/stall_watch.hpp"

namespace certes::log::kafka {
namespace {

constexpr std::chrono::seconds kLookEvery{1};
constexpr std::chrono::seconds kNobodyAsks{5};
constexpr std::chrono::seconds kPatience{30};  // a transaction lasts a moment
constexpr const char* kTransaction = "open_transaction";
constexpr const char* kStalled = "stalled";

}  // namespace

void StallWatch::look(rd_kafka_t* client, const std::map<std::int32_t, std::int64_t>& next) {
  const SteadyTime now = troubles_.now();
  if (now - looked_at_ < kLookEvery) return;
  if (now - looked_at_ > kNobodyAsks) held_.clear();
  looked_at_ = now;
  std::set<std::int32_t> in_transaction, stalled;
  for (const auto& [partition, offset] : next) {
    std::int64_t low = 0, high = 0;  // as the last fetch brought them
    const auto known = rd_kafka_get_watermark_offsets(client, topic_.c_str(), partition, &low, &high);
    Held& held = held_[partition];
    if (held.next != offset || known != RD_KAFKA_RESP_ERR_NO_ERROR || high <= offset) held = {offset, now};
    if (now - held.since < kPatience) continue;
    const auto end = ends_.find(partition);
    (end != ends_.end() && end->second == offset ? in_transaction : stalled).insert(partition);
  }
  tell(kTransaction, in_transaction);
  tell(kStalled, stalled);
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
