#pragma once
// KeysInOrder: what an endpoint gets of a partition key, whoever sends it, comes in the order of the log: what was
// tried is not tried again once something behind it was sent.
//
// Order: where nothing changes the class of a delivery, a process sends the first attempts for an endpoint in the order
// in which their events stand in a partition. Who: Judge. Confined to the test's thread.

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>

namespace certes::dispatcher::simulation {

class Order {
 public:
  // A first attempt, perhaps once more. False: one that stands behind it was sent before.
  bool sent(std::uint64_t process, const std::string& endpoint, std::int32_t partition, std::int64_t offset) {
    auto& offsets = sent_[{process, partition, endpoint}];
    return !offsets.insert(offset).second || *offsets.rbegin() == offset;
  }
  // The partition has left the process: what is open of it begins anew.
  void left(std::uint64_t process, std::int32_t partition) {
    std::erase_if(sent_, [&](const auto& one) {
      return std::get<0>(one.first) == process && std::get<1>(one.first) == partition;
    });
  }

 private:
  std::map<std::tuple<std::uint64_t, std::int32_t, std::string>, std::set<std::int64_t>> sent_;
};

// A key's events are in one partition.
class KeysInOrder {
 public:
  // An attempt. False: one that stands behind it was sent before.
  bool sent(const std::string& endpoint, std::int64_t created_at, const std::string& key, std::int64_t offset) {
    std::int64_t& last = last_[{endpoint, created_at, key}];
    last = std::max(last, offset);
    return last == offset;
  }

 private:
  std::map<std::tuple<std::string, std::int64_t, std::string>, std::int64_t> last_;
};

}  // namespace certes::dispatcher::simulation
