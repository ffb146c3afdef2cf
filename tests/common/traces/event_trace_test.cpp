#include "common/traces/event_trace.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace certes::traces;

namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c", kParent = "b7ad6b7169203331";
const std::string kSampled = "00-" + kTrace + "-" + kParent + "-01";

}  // namespace

TEST_CASE("EventTrace: a trace that is brought goes on, whatever the ratio, and what it was not sampled for is none") {
  for (const double sample : {0.0, 1.0}) {
    const auto trace = EventTrace::of(kSampled, "evt_1", sample);
    REQUIRE(trace);
    CHECK(trace->trace_id() == kTrace);
    CHECK(trace->parent_id() == kParent);
    CHECK_FALSE(trace->is_ours());
    CHECK_FALSE(EventTrace::of("00-" + kTrace + "-" + kParent + "-00", "evt_1", sample));
  }
  CHECK(EventTrace::of("00-" + kTrace + "-" + kParent + "-03", "evt_1", 0));
}

TEST_CASE("EventTrace: without one a trace begins whose first span is accept, the same in every process") {
  for (const char* given : {"", "00-nonsense", "00-00000000000000000000000000000000-b7ad6b7169203331-01"}) {
    const auto trace = EventTrace::of(given, "evt_1", 1), other = EventTrace::of("", "evt_1", 1);
    REQUIRE(trace);
    CHECK(trace->is_ours());
    CHECK(trace->trace_id().size() == 32);
    CHECK(trace->trace_id() == other->trace_id());
    CHECK(trace->parent_id() == trace->span_id(EventTrace::kAccept));
    CHECK(trace->trace_id() != EventTrace::of("", "evt_2", 1)->trace_id());
  }
}

TEST_CASE("EventTrace: of many events the ratio's part is sampled; of none for 0, of all for 1") {
  int some = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = "evt_" + std::to_string(i);
    if (EventTrace::of("", id, 0.25)) ++some;
    REQUIRE_FALSE(EventTrace::of("", id, 0));
    REQUIRE(EventTrace::of("", id, 1));
  }
  CHECK(some > 2'200);
  CHECK(some < 2'800);
}

TEST_CASE("EventTrace: spans of one event have ids of their own, and what goes out names its attempt's") {
  const auto trace = *EventTrace::of(kSampled, "evt_1", 1);
  std::set<std::string> ids = {trace.span_id(EventTrace::kAccept), trace.span_id(EventTrace::kAppend)};
  for (const char* delivery : {"dlv_a", "dlv_b"})
    for (const std::uint32_t attempt : {1u, 2u, 11u})
      for (const auto what : {EventTrace::kWait, EventTrace::kAttempt})
        ids.insert(trace.span_id(what, delivery, attempt));
  CHECK(ids.size() == 14);
  for (const std::string& id : ids) CHECK(id.size() == 16);
  CHECK(trace.traceparent_of_attempt("dlv_a", 2) ==
        "00-" + kTrace + "-" + trace.span_id(EventTrace::kAttempt, "dlv_a", 2) + "-01");
}
