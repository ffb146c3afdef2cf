#include "gateway/request_counts.hpp"

#include <algorithm>

namespace certes::gateway {

RequestCounts::RequestCounts(metrics::Metrics& metrics, std::string_view name, std::string_view help, Listener listener)
    : metrics_(metrics), name_(name), help_(help) {
  for (const Route* route : routes_of(listener)) add(route->pattern);
  add("_other");
}

void RequestCounts::add(std::string_view pattern) {
  if (std::ranges::any_of(lines_, [&](const auto& line) { return line->pattern == pattern; })) return;
  lines_.push_back(std::make_unique<Line>());
  lines_.back()->pattern = pattern;
}

void RequestCounts::count(std::string_view route, int status) {
  std::size_t at = 0;
  while (at + 1 < lines_.size() && lines_[at]->pattern != route) ++at;
  counter(*lines_[at], status).add();
}

metrics::Counter& RequestCounts::counter(Line& line, int status) {
  const int index = status < kFirstStatus || status >= kFirstStatus + kStatuses ? 0 : status - kFirstStatus;
  auto& code = line.codes[static_cast<std::size_t>(index)];
  if (!code.resolved.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    if (!code.resolved.load(std::memory_order_relaxed)) {
      code.counter = metrics_.counter(name_, help_, {{"route", line.pattern}, {"code", std::to_string(status)}});
      code.resolved.store(true, std::memory_order_release);
    }
  }
  return code.counter;
}

}  // namespace certes::gateway
