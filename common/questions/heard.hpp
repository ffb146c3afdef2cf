#pragma once
// Heard: the processes that have answered a question of late, so that one which does not answer now is known to be
// missing. Who: the Master API, for its overview. Any thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"

namespace certes::questions {

class Heard {
 public:
  static constexpr Millis kRemembered{600'000};  // who has not answered for longer is gone, not missing
  static constexpr std::size_t kMost = 1'024;

  struct Process {
    std::string name;
    UnixMillis at = 0;  // of its last answer
    bool operator==(const Process&) const = default;
  };
  // These have answered at that time. Those that have not, and did within kRemembered, by name.
  std::vector<Process> answered(const std::vector<std::string_view>& names, UnixMillis at);

 private:
  Mutex mutex_;
  std::map<std::string, UnixMillis, std::less<>> last_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::questions
