#pragma once
// How far a client reads ahead of who asks, and the end of its rest. librdkafka fetches nothing while its queue holds
// as much as Prefetch says, which bounds memory; before 2.2 it then sleeps for up to a second, even if the queue is
// emptied at once, and only a partition that is started anew wakes it. Burst knows when that may be so. Who:
// KafkaReader and KafkaMember; each has its own. Private to common/log/kafka; confined to their thread.

#include <cstddef>
#include <cstdint>

#include "common/log/kafka/client.hpp"

namespace certes::log::kafka {

class Burst {
 public:
  explicit Burst(Role role) : limit_(prefetch_of(role)) {}

  void took(std::size_t bytes) {
    ++taken_.records;
    taken_.bytes += static_cast<std::int64_t>(bytes);
  }
  // The queue is empty. True: it may have held all that it may hold, so its client may rest.
  bool ended() {
    const bool full = taken_.records >= limit_.records || taken_.bytes >= limit_.bytes;
    taken_ = {};
    return full && rests_when_full();
  }

 private:
  const Prefetch limit_;
  Prefetch taken_;  // since it was empty
};

}  // namespace certes::log::kafka
