#pragma once
// JobGroups: the writer's jobs in the order they came, given out in groups, one for each transaction. A group has a
// bound of bytes, so that nobody waits for a commit of all that others have posted at once. Who: Writer. Confined to
// its thread.

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "common/log/sqlite/store.hpp"

namespace certes::log::sqlite {

class JobGroups {
 public:
  static constexpr std::size_t kBytes = 4u << 20;

  using Group = std::vector<std::unique_ptr<Job>>;
  // Takes all of them, and leaves none.
  void add(Group& arrived) {
    for (auto& job : arrived) waiting_.push_back(std::move(job));
    arrived.clear();
  }
  bool empty() const { return waiting_.empty(); }
  // Of at most kBytes, or of one job that is larger. Empty: there is none.
  Group next() {
    Group group;
    for (std::size_t bytes = 0; !waiting_.empty(); waiting_.pop_front()) {
      bytes += waiting_.front()->bytes();
      if (!group.empty() && bytes > kBytes) break;
      group.push_back(std::move(waiting_.front()));
    }
    return group;
  }

 private:
  std::deque<std::unique_ptr<Job>> waiting_;
};

}  // namespace certes::log::sqlite
