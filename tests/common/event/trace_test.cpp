#include "common/event/trace.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::event;

namespace {
struct Field {
  std::string name, value;
};
using Fields = std::vector<Field>;
const std::string kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
}  // namespace

TEST_CASE("Trace: a traceparent of version 00 is W3C's form, lower case, ids not all zero") {
  CHECK(read_traceparent(kParent) == kParent);
  CHECK(read_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03").ends_with("-03"));
  for (const std::string bad : {"", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
                                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
                                "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
    CHECK(read_traceparent(bad).empty());
}

TEST_CASE("Trace: a higher version is read as 00, of its flags only whether it is sampled") {
  const std::string ids = "-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
  CHECK(read_traceparent("01" + ids + "01") == "00" + ids + "01");
  CHECK(read_traceparent("cc" + ids + "0f-what-is-to-come") == "00" + ids + "01");
  CHECK(read_traceparent("01" + ids + "06") == "00" + ids + "00");
  CHECK(read_traceparent("01" + ids + "01.more").empty());
  CHECK(read_traceparent("ff" + ids + "01").empty());
}

TEST_CASE("Trace: tracestate travels with its traceparent, as one list") {
  const auto both = trace_of(Fields{{"Traceparent", kParent}, {"tracestate", "a=1"}, {"TraceState", "b=2"}});
  CHECK(both.parent == kParent);
  CHECK(both.state == "a=1,b=2");
  CHECK(trace_of(Fields{{"tracestate", "a=1"}}).state.empty());
  CHECK(trace_of(Fields{{"traceparent", "junk"}, {"tracestate", "a=1"}}).state.empty());
  CHECK(trace_of(Fields{{"traceparent", kParent}, {"traceparent", kParent}}).parent.empty());
  for (const char* odd : {"a\x01", "\xc3\xbc=1", "a=\x80", "a=b\x7f", "a=1\tb=2"}) {
    const auto unfit = trace_of(Fields{{"traceparent", kParent}, {"tracestate", odd}});
    CHECK(unfit.parent == kParent);
    CHECK(unfit.state.empty());
    CHECK_FALSE(fit_tracestate(odd));
  }
}

TEST_CASE("Trace: an event's own goes before the request's, state included") {
  Event own;
  own.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  take_trace(own, Fields{{"traceparent", kParent}, {"tracestate", "a=1"}});
  CHECK(own.traceparent.starts_with("00-0af7"));
  CHECK(own.tracestate.empty());
  Event none;
  none.tracestate = "old=1";
  take_trace(none, Fields{{"traceparent", kParent}});
  CHECK(none.traceparent == kParent);
  CHECK(none.tracestate.empty());
}
