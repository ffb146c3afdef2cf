#pragma once
// RecentRecords: the last records that were read and left waiting on the log, while there is memory for them: what is
// found here need not be read again. Most of what an endpoint cannot take at once it takes a moment later. Who: loader.
// Confined to the core loop.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>

#include "common/log/record.hpp"
#include "dispatcher/book/budget.hpp"

namespace certes::dispatcher {

class RecentRecords {
 public:
  // `memory`: in which they count; it outlives this. `most_bytes`: above, the oldest leave.
  RecentRecords(Budget& memory, std::size_t most_bytes) : held_(memory, 0), most_bytes_(most_bytes) {}

  // A delivery of it waits. In the order of the log.
  void add(const log::RecordPtr& record);
  // For one of its deliveries; none: it is not here. Who takes the last has it alone.
  log::RecordPtr take(std::int32_t partition, std::int64_t offset);
  // False: there was none.
  bool drop_oldest();
  void leave(std::int32_t partition);
  std::size_t bytes() const { return held_.amount(); }

 private:
  struct Entry {
    std::int64_t offset;
    std::uint64_t age;      // counted up
    std::uint32_t waiting;  // deliveries
    log::RecordPtr record;  // none: all were taken
  };
  using Entries = std::deque<Entry>;  // ascending; the first has a record

  void let_go(Entry& entry);
  void drop_front(Entries& entries);

  std::map<std::int32_t, Entries> partitions_;
  std::uint64_t ages_ = 0;
  Charge held_;
  const std::size_t most_bytes_;
};

}  // namespace certes::dispatcher
