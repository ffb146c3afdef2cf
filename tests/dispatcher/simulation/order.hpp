#pragma once
// Order: where nothing changes the class of a delivery, a process sends the first attempts for an endpoint in the order
// in which their events stand in a partition. Who: Judge. Confined to the test's thread.

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

}  // namespace certes::dispatcher::simulation
