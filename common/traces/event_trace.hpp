#pragma once
// EventTrace: the trace of an event: that of its traceparent, or one of its own, and the ids of its spans. All follow
// from the event alone, so that processes agree on them without speaking. Who: whoever makes spans. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace certes::traces {

class EventTrace {
 public:
  // `traceparent`: the event's, as a record may have it; what is none begins a trace. `sample`: of those that bring
  // none; the flag of one that is brought decides by itself. Nothing: it is not sampled.
  static std::optional<EventTrace> of(std::string_view traceparent, std::string_view event_id, double sample);

  const std::string& trace_id() const { return trace_id_; }
  // Who brought the event; of a trace of our own its first span, `accept`.
  const std::string& parent_id() const { return parent_id_; }
  bool is_ours() const { return ours_; }

  static constexpr std::string_view kAccept = "accept", kAppend = "append", kWait = "wait", kAttempt = "attempt";
  std::string span_id(std::string_view what) const;
  // Of a delivery's: `delivery` is its id.
  std::string span_id(std::string_view what, std::string_view delivery, std::uint32_t attempt) const;
  // For who gets that attempt.
  std::string traceparent_of_attempt(std::string_view delivery, std::uint32_t attempt) const;

 private:
  std::string event_id_, trace_id_, parent_id_;
  bool ours_ = false;
};

}  // namespace certes::traces
