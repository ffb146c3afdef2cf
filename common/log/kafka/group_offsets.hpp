#pragma once
// GroupOffsets: what a consumer group has committed, read and written by one who is no member of it: brokers refuse the
// writing while the group has members. Who: certes progress. Blocks; any thread.

#include <memory>
#include <string>

#include "common/log/kafka/kafka_log.hpp"
#include "common/log/log.hpp"

namespace certes::log::kafka {

class GroupOffsets {
 public:
  virtual ~GroupOffsets() = default;
  virtual Result<Committed> committed(const std::string& group, std::int32_t partition) = 0;
  // Error: conflict, while the group has members.
  virtual Result<void> commit(const std::string& group, std::int32_t partition, const Committed& value) = 0;
};
// Of `events`. Error: invalid, naming the setting.
Result<std::unique_ptr<GroupOffsets>> group_offsets(const Options& options);

}  // namespace certes::log::kafka
