#pragma once
// AcceptSpans: the spans of a request that publishes: accept, until it is answered, and in it append, until the log has
// its events; of each event whose trace is sampled. Who: Acceptor, where there are traces. Confined to its loop.

#include <span>
#include <string>
#include <vector>

#include "common/event/event.hpp"
#include "common/traces/tracer.hpp"

namespace certes::gateway::ingest {

class AcceptSpans {
 public:
  // Before they are moved to the log.
  void begin(const traces::Tracer& tracer, const std::vector<event::Event>& events);
  struct Times {
    SteadyTime started, appending, ended;
  };
  // `repeats`: places of those that were there already, which get none. `error`: empty: all are durable. Nothing is
  // left afterwards.
  void end(traces::Tracer& tracer, const Times& times, std::span<const std::size_t> repeats, const std::string& error);
  bool empty() const { return traced_.empty(); }
  void clear() { traced_.clear(); }

 private:
  struct Traced {
    traces::EventTrace trace;
    std::size_t place;  // in the request
    std::string id, type, tenant;
  };
  static traces::Span span_of(const Traced& traced, std::string_view what, traces::SpanKind kind);

  std::vector<Traced> traced_;
};

}  // namespace certes::gateway::ingest
