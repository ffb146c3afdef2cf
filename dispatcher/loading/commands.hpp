#pragma once
// Commands: the open commands of the partitions that are owned, by the identity that the result of each has, whether
// they are in memory or not. Who: intake (adds, and asks when a result is read), recorder (removes). Confined to the
// core loop.

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/log/record.hpp"
#include "dispatcher/book/open_index.hpp"

namespace certes::dispatcher {

class Commands {
 public:
  struct At {
    std::int32_t partition;
    book::OpenPlace place;
  };

  // Never 0, and the same in every process.
  static std::uint64_t hash_of_result(std::string_view tenant, std::string_view result_id);
  static std::uint64_t hash_of(const log::StoredRecord& command);

  void begin(std::int32_t partition, const book::OpenIndex& index);
  void leave(std::int32_t partition);
  void add(std::uint64_t hash, const At& at) { places_.emplace(hash, at); }
  void remove(std::uint64_t hash, std::int32_t partition, std::int64_t offset);
  void remove(const log::StoredRecord& command) { remove(hash_of(command), command.partition, command.offset); }
  // The open commands whose result has that id (ce_id): copies of one.
  std::vector<At> of_result(std::string_view tenant, std::string_view result_id) const;

 private:
  std::unordered_multimap<std::uint64_t, At> places_;
};

}  // namespace certes::dispatcher
