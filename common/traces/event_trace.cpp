#include "common/traces/event_trace.hpp"

#include "common/base/hash.hpp"
#include "common/event/trace.hpp"

namespace certes::traces {
namespace {

// Spreads what FNV leaves alike in its high bits.
std::uint64_t mixed(std::uint64_t bits) {
  bits = (bits ^ (bits >> 33)) * 0xff51afd7ed558ccdull;
  bits = (bits ^ (bits >> 33)) * 0xc4ceb9fe1a85ec53ull;
  return bits ^ (bits >> 33);
}

// Sixteen digits, not all of them 0.
std::string hex_of(std::uint64_t bits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  if (bits == 0) bits = 1;
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = kDigits[(bits >> (60 - 4 * i)) & 15];
  return text;
}

std::uint64_t hash_of(std::string_view event_id, std::string_view what) {
  return mixed(hash64(what, hash64("/", hash64(event_id))));
}

bool is_sampled(std::string_view traceparent) {
  const char flag = traceparent.back();
  return ((flag <= '9' ? flag - '0' : flag - 'a' + 10) & 1) != 0;
}

// Of all events as many as that, the same ones in every process.
bool is_chosen(std::string_view event_id, double sample) {
  constexpr double kAll = 18'446'744'073'709'551'616.0;  // 2^64
  return static_cast<double>(hash_of(event_id, "sample")) < sample * kAll;
}

}  // namespace

std::optional<EventTrace> EventTrace::of(std::string_view traceparent, std::string_view event_id, double sample) {
  const std::string parent = event::read_traceparent(traceparent);
  EventTrace trace;
  trace.event_id_ = event_id;
  if (!parent.empty()) {
    if (!is_sampled(parent)) return std::nullopt;
    trace.trace_id_ = parent.substr(3, 32);
    trace.parent_id_ = parent.substr(36, 16);
    return trace;
  }
  if (!is_chosen(event_id, sample)) return std::nullopt;
  trace.ours_ = true;
  trace.trace_id_ = hex_of(hash_of(event_id, "trace, first half")) + hex_of(hash_of(event_id, "trace, second half"));
  trace.parent_id_ = trace.span_id(kAccept);
  return trace;
}

std::string EventTrace::span_id(std::string_view what) const { return hex_of(hash_of(event_id_, what)); }

std::string EventTrace::span_id(std::string_view what, std::string_view delivery, std::uint32_t attempt) const {
  std::string text(what);
  return span_id(text.append(1, '/').append(delivery).append(1, '/').append(std::to_string(attempt)));
}

std::string EventTrace::traceparent_of_attempt(std::string_view delivery, std::uint32_t attempt) const {
  return "00-" + trace_id_ + "-" + span_id(kAttempt, delivery, attempt) + "-01";
}

}  // namespace certes::traces
