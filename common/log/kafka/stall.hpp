#pragma once
// Stall: whether something stands at one place of a partition that is not given although it is asked for. Who:
// StallWatch and KafkaReader, which ask about once a second. Private to common/log/kafka; confined to one thread.

#include <cstdint>

#include "common/base/clock.hpp"

namespace certes::log::kafka {

class Stall {
 public:
  static constexpr std::chrono::seconds kLookEvery{1};
  static constexpr std::chrono::seconds kNobodyAsks{5};  // then it has not been asked for

  // `next`: what is to come; `end`: of the partition.
  bool lasts(std::int64_t next, std::int64_t end, SteadyTime now) {
    if (next_ != next || end <= next) {
      next_ = next;
      since_ = now;
    }
    return now - since_ >= kPatience;
  }

 private:
  static constexpr std::chrono::seconds kPatience{30};  // a transaction lasts a moment

  std::int64_t next_ = -1;
  SteadyTime since_{};
};

}  // namespace certes::log::kafka
