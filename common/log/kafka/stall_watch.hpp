#pragma once
// StallWatch: partitions of `events` where something stands that is not given although it is asked for: behind the open
// transaction of another program, or for a reason that librdkafka does not tell. Who: KafkaMember, which asks when it
// has read nothing. Private to common/log/kafka. Confined to its thread.

#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/log/kafka/fetcher.hpp"
#include "common/log/kafka/stall.hpp"
#include "common/log/kafka/troubles.hpp"

namespace certes::log::kafka {

class StallWatch {
 public:
  // `troubles` outlives it. `topic`: of events.
  StallWatch(Troubles& troubles, std::string topic) : troubles_(troubles), topic_(std::move(topic)) {}

  // `next`: of the started partitions, what comes next. Looks once a second; where it is asked less often, nobody asks
  // for records.
  void look(const Fetcher& fetcher, const std::map<std::int32_t, std::int64_t>& next);
  // Those where nobody says why, each look's once.
  std::set<std::int32_t> take_stalled() { return std::exchange(stalled_, {}); }
  // The partition has been read to its end, as far as it is given.
  void at_end(std::int32_t partition, std::int64_t next) { ends_[partition] = next; }

 private:
  void tell(const std::string& reason, const std::set<std::int32_t>& partitions);

  Troubles& troubles_;
  const std::string topic_;
  SteadyTime looked_at_{};
  std::map<std::int32_t, std::int64_t> ends_;
  std::map<std::int32_t, Stall> stalls_;
  std::set<std::int32_t> stalled_;
};

}  // namespace certes::log::kafka
