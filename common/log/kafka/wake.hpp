#pragma once
// A librdkafka queue that rings a Wake when there is something in it. Private to common/log/kafka.

#include "common/log/kafka/handles.hpp"
#include "common/log/log.hpp"

namespace certes::log::kafka {

// `wake` must outlive the queue, or ring_no_more. It is called under the queue's lock: it must not touch the queue.
inline void ring_when_filled(rd_kafka_queue_t* queue, const Wake& wake) {
  if (!wake) return;
  rd_kafka_queue_cb_event_enable(
      queue, [](rd_kafka_t*, void* opaque) { (*static_cast<const Wake*>(opaque))(); }, const_cast<Wake*>(&wake));
}
inline void ring_no_more(rd_kafka_queue_t* queue) { rd_kafka_queue_cb_event_enable(queue, nullptr, nullptr); }

}  // namespace certes::log::kafka
