#pragma once
// LogWatch: what the process's log is told of Kafka's going and coming: a line when no broker answers any more, one a
// minute while that lasts, one when one answers again. (The embedded log tells of itself.) Who: Runtime, once a second.
// Confined to its thread; pure.

#include <functional>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/base/episode.hpp"
#include "common/base/result.hpp"

namespace certes {

class LogWatch {
 public:
  using Tell = std::function<void(std::string_view line)>;
  explicit LogWatch(Tell tell) : tell_(std::move(tell)) {}

  // `health`: log::Log::health().
  void look(const Result<void>& health, SteadyTime now);

 private:
  const Tell tell_;
  Episode away_;
};

}  // namespace certes
