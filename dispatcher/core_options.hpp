#pragma once
// CoreOptions: the limits and times that the core and its rooms go by. Who: each takes what is its own. Plain values.

#include <cstddef>
#include <cstdint>
#include <random>

#include "common/transform/transform.hpp"
#include "dispatcher/routing/router.hpp"
#include "dispatcher/scheduling/scheduler.hpp"

namespace certes::traces {
class Tracer;
}

namespace certes::dispatcher {

struct CoreOptions {
  // What requests say of their trace; null: a span of no trace of ours.
  const traces::Tracer* tracer = nullptr;
  // Of the events and deliveries in memory, requests that are out, and outcomes on their way to the log. What does not
  // fit waits on the log. Requests take at most half of it.
  std::size_t memory_bytes = 128u << 20;
  // Of the index of what is open, of all partitions; above: nothing more is read.
  std::size_t index_bytes = 256u << 20;
  std::size_t unrouted_bytes =
      16u << 20;  // of what was read and waits for the registry; above: the same; a quarter of memory_bytes at most
  // Of what was read a moment ago and left waiting, to be loaded without being read again; a quarter of memory_bytes at
  // most, and only what memory has to spare.
  std::size_t recent_bytes = 32u << 20;
  std::size_t in_flight_max = 4'096;
  int first_in_flight = 0;  // to an endpoint of which nothing is known (Pace); 0: as many as its concurrency
  Scheduler::Options shares;
  RouterOptions routing;
  bool deduplicate = false;  // where the log does not do it exactly
  std::size_t deduplicate_ids = 1'000'000;
  Millis deduplicate_window{86'400'000};
  Millis max_wait{0};                // what is open of older events is dead-lettered; 0: never
  Millis result_timeout{3'600'000};  // for the result of a command that was answered 202
  int reply_concurrency = 64;        // requests at once to a tenant's URLs in reply_to
  Millis reply_timeout{15'000};
  std::size_t max_record_bytes = 16u << 20;  // larger ones are malformed: no dead letter could hold them
  transform::Limits transforms;
  bool resign_only_where_said = false;  // as Resigner
  std::uint64_t seed = std::random_device{}();
};

}  // namespace certes::dispatcher
