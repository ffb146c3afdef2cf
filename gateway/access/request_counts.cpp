#include "gateway/access/request_counts.hpp"

#include <algorithm>

namespace certes::gateway {

RequestCounts::RequestCounts(metrics::Metrics& metrics, std::string_view name, std::string_view help)
    : metrics_(metrics), name_(name), help_(help) {
  know("_other");
}

void RequestCounts::know(std::string_view route) {
  if (std::ranges::any_of(lines_, [&](const auto& line) { return line->pattern == route; })) return;
  lines_.insert(lines_.begin(), std::make_unique<Line>());
  lines_.front()->pattern = route;
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
    const Lock lock(mutex_);
    if (!code.resolved.load(std::memory_order_relaxed)) {
      code.counter = metrics_.counter(name_, help_, {{"route", line.pattern}, {"code", std::to_string(status)}});
      code.resolved.store(true, std::memory_order_release);
    }
  }
  return code.counter;
}

}  // namespace certes::gateway
