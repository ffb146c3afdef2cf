#include "common/event/trace.hpp"

#include <algorithm>

namespace certes::event {
namespace {

constexpr std::size_t kBytes = 55;  // of version 00

constexpr bool hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool all_hex(std::string_view text) {
  for (const char c : text)
    if (!hex(c)) return false;
  return true;
}

bool is_id(std::string_view text) { return all_hex(text) && text.find_first_not_of('0') != text.npos; }

bool sampled(char flag) { return (((flag <= '9' ? flag - '0' : flag - 'a' + 10)) & 1) != 0; }

}  // namespace

std::string read_traceparent(std::string_view value) {
  if (value.size() < kBytes || value[2] != '-' || value[35] != '-' || value[52] != '-') return {};
  const std::string_view version = value.substr(0, 2), flags = value.substr(53, 2);
  if (!all_hex(version) || version == "ff" || !all_hex(flags)) return {};
  if (!is_id(value.substr(3, 32)) || !is_id(value.substr(36, 16))) return {};
  if (version == "00") return value.size() == kBytes ? std::string(value) : std::string();
  if (value.size() > kBytes && value[kBytes] != '-') return {};
  return std::string("00").append(value.substr(2, 51)).append(sampled(flags[1]) ? "01" : "00");
}

bool fit_tracestate(std::string_view value) {
  const bool printable = std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
  return printable && flaw(Attribute::extension, value).empty();
}

Trace detail::trace(std::string_view parent, std::string state) {
  Trace made{read_traceparent(parent), {}};
  if (!made.parent.empty() && fit_tracestate(state)) made.state = std::move(state);
  return made;
}

void take_trace(Event& event, const Trace& trace) {
  if (!event.traceparent.empty() || trace.parent.empty()) return;
  event.traceparent = trace.parent;
  event.tracestate = trace.state;
}

}  // namespace certes::event
