#pragma once
// Tracer: takes spans and sends them to a collector, from a thread of its own. Nobody waits for it: what there is no
// room for is dropped and counted, and while the collector is away its thread waits longer from try to try. Who: made
// where `traces.endpoint` is set, by the process; gateways and dispatchers record. record: any thread, does not block.

#include <atomic>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/line_limit.hpp"
#include "common/base/mutex.hpp"
#include "common/base/result.hpp"
#include "common/metrics/metrics.hpp"
#include "common/traces/event_trace.hpp"
#include "common/traces/span.hpp"

namespace certes::traces {

class Tracer {
 public:
  static constexpr std::size_t kMostSent = 512;  // spans of one request
  static constexpr Millis kLongestPause{60'000};

  // Sends a body; gives the status of the answer. Blocks; `stop` ends it within about a second.
  using Post = std::function<Result<int>(const std::string& body, const std::atomic<bool>& stop)>;
  struct Options {
    double sample = 1;
    std::size_t queue_spans = 10'000;
    std::vector<Attribute> resource;
    Millis gather{200};         // spans that come within that are one request
    Millis first_pause{1'000};  // after a try that failed; doubled each time
  };
  Tracer(Options options, Post post, const Clock& clock, metrics::Metrics& metrics);
  // Sends what is there once more, if that goes at once, and ends.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  std::optional<EventTrace> trace_of(std::string_view traceparent, std::string_view event_id) const {
    return EventTrace::of(traceparent, event_id, options_.sample);
  }
  void record(Span&& span);
  // A moment of the steady clock, in nanoseconds since 1970.
  std::int64_t unix_ns(SteadyTime at) const;

 private:
  std::int64_t distance_now() const;
  void run();
  std::vector<Span> take();
  bool send(const std::vector<Span>& spans);
  void pause(Millis time);
  void tell(const std::string& why);

  const Options options_;
  const Post post_;
  const Clock& clock_;
  mutable std::atomic<std::int64_t> distance_;  // of the wall clock from the steady one, in nanoseconds
  metrics::Counter sent_, dropped_, refused_;
  metrics::Gauge waiting_;
  LineLimit told_;
  std::atomic<bool> stop_{false};
  mutable Mutex mutex_;
  Condition came_;
  std::deque<Span> spans_ CERTES_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace certes::traces
