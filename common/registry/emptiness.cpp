#include "common/registry/emptiness.hpp"

#include <spdlog/spdlog.h>

namespace certes::registry {
namespace {

constexpr Millis kLimit{2'000};

}  // namespace

Error Emptiness::error() {
  return {Code::unavailable,
          "the registry's topic is empty beside events that are not: restore it, or start with registry.accept_empty"};
}

// A partition of events that has held some, if there is one.
Result<std::optional<std::string>> Emptiness::find_records() const {
  for (std::int32_t partition = 0; partition < log_.partitions(); ++partition) {
    const auto range = log_.offsets(log::Topic::events, partition, kLimit);
    if (!range) return fail(range.error());
    if (range->end > 0) return std::optional("events[" + std::to_string(partition) + "]");
  }
  return std::optional<std::string>();
}

// Asked after the others: of an installation that has just begun, the registry's record came first.
Result<bool> Emptiness::still_empty() const {
  const auto range = log_.offsets(log::Topic::registry, 0, kLimit);
  if (!range) return fail(range.error());
  return range->end == 0;
}

Result<void> Emptiness::believe() {
  const auto holds = find_records();
  if (!holds) return fail(holds.error());
  if (!*holds) {
    over();
    return {};
  }
  const auto empty = still_empty();
  if (!empty) return fail(empty.error());
  if (!*empty) return fail(Code::unavailable, "the registry has its first records now");
  if (accepted_) {
    spdlog::warn("registry: empty, and taken for that (registry.accept_empty): what {} holds has no endpoints",
                 **holds);
    over();
    return {};
  }
  lasts_ = true;
  if (const auto line = episode_.met(clock_.now()))
    spdlog::error(
        "registry: its topic is empty, but {} is not: were its records deleted? Nothing is routed or changed until "
        "they "
        "are restored, or Certes is started with registry.accept_empty = true, which begins without resources",
        **holds);
  return fail(error());
}

void Emptiness::over() {
  lasts_ = false;
  if (const auto lasted = episode_.over(clock_.now()))
    spdlog::warn("registry: its topic holds records again, after {} s", lasted->count() / 1000);
}

}  // namespace certes::registry
