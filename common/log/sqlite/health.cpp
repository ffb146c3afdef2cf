#include "common/log/sqlite/health.hpp"

#include <spdlog/spdlog.h>

namespace certes::log::sqlite {

void Health::trouble(Error error, bool fatal) {
  error.code = fatal ? Code::internal : Code::unavailable;
  const std::string message = error.message;
  std::optional<Episode::Line> line;
  {
    const Lock lock(mutex_);
    if (fatal_.load(std::memory_order_relaxed)) return;
    error_ = std::move(error);
    if (!fatal) line = episode_.met(clock_.now());
    fatal_.store(fatal, std::memory_order_release);
    troubled_.store(true, std::memory_order_release);
  }
  if (!line) return;
  const std::string times = line->times > 1 ? " (" + std::to_string(line->times) + " times since the last line)" : "";
  spdlog::error("log: {}{}", message, times);
}

void Health::well() {
  if (!troubled_.load(std::memory_order_acquire)) return;
  std::optional<Millis> over;
  {
    const Lock lock(mutex_);
    if (fatal_.load(std::memory_order_relaxed)) return;
    error_.reset();
    over = episode_.over(clock_.now());
    troubled_.store(false, std::memory_order_release);
  }
  if (over) spdlog::warn("log: written again, after {} s", over->count() / 1000);
}

Result<void> Health::state() const {
  const Lock lock(mutex_);
  if (error_) return fail(*error_);
  return {};
}

}  // namespace certes::log::sqlite
