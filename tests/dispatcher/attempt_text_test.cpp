#include "dispatcher/attempt_text.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::dispatcher;

TEST_CASE("trace_line: who answered is told where an endpoint has several workers") {
  log::StoredRecord event;
  event.headers.add("ce_type", "order.created");
  registry::Endpoint endpoint;
  endpoint.id = "billing";
  AttemptSeen seen{event, endpoint, "evt_1",      2, registry::Priority::normal, RetryAt{}, {}, {},
                   500,   3'000,    Millis{5'000}};
  CHECK(trace_line(seen) == "order.created evt_1 → billing try 2: 500 in 3 ms, next in 5 s");
  seen.worker = "worker 2 at http://b:8080";
  CHECK(trace_line(seen) ==
        "order.created evt_1 → billing, worker 2 at http://b:8080, try 2: 500 in 3 ms, next in 5 s");
}
