#include "common/registry/job.hpp"

#include <array>

namespace certes::registry {
namespace {

constexpr std::array<std::string_view, 5> kJobKindNames = {"replay_events", "replay_dead_letters",
                                                           "discard_dead_letters", "reprocess_dead_letters", "erase"};
constexpr std::array<std::string_view, std::variant_size_v<JobState>> kJobStateNames = {"running", "paused", "done",
                                                                                        "cancelled", "failed"};

}  // namespace

std::string_view to_string(JobKind kind) { return kJobKindNames[static_cast<std::size_t>(kind)]; }

std::string_view name_of(const JobState& state) { return kJobStateNames[state.index()]; }

bool has_ended(const JobState& state) {
  return !std::holds_alternative<JobRunning>(state) && !std::holds_alternative<JobPaused>(state);
}

}  // namespace certes::registry
