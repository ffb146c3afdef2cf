#pragma once
// Space: whether the file system has more free space than the reserve. Asks it at most every 200 ms. Any thread.

#include <atomic>
#include <cstdint>
#include <string>

#include "common/base/clock.hpp"

namespace certes::log::sqlite {

class Space {
 public:
  Space(std::string directory, std::int64_t reserve_bytes)
      : directory_(std::move(directory)), reserve_bytes_(reserve_bytes) {}
  bool above_reserve(SteadyTime now);
  std::int64_t reserve_bytes() const { return reserve_bytes_; }

 private:
  const std::string directory_;
  const std::int64_t reserve_bytes_;
  std::atomic<std::int64_t> next_look_{INT64_MIN};  // ticks of the steady clock
  std::atomic<bool> above_{true};
};

}  // namespace certes::log::sqlite
