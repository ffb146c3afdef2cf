#pragma once
// LetterReplay: the work of a job that sends dead letters again: those that its filter or their ids name, in the order
// of their partitions. Each goes back to `events` as one alone does (dead_letters.hpp), under a name that is made of
// its place, so that it is not sent by two jobs; where those are to be sent too that were before, of the job's as well.
// Who: Runner.

#include <optional>
#include <span>
#include <vector>

#include "api/dead_letters.hpp"
#include "api/jobs/work.hpp"
#include "api/replay_steps.hpp"

namespace certes::api::jobs {

class LetterReplay final : public Work {
 public:
  LetterReplay(const registry::Job& job, Services& services, Payloads& payloads);

  Result<bool> count(registry::JobProgress& progress) override;
  Result<bool> go_on(registry::JobProgress& progress, std::int64_t most) override;

 private:
  // Of one step.
  struct Step {
    std::int64_t most = 0, looked_at = 0, refused = 0, skipped = 0;
    std::size_t bytes = 0;
    bool full() const { return looked_at >= most || bytes >= ReplaySteps::kStepBytes; }
  };
  // Where it is then; nothing: at the end.
  using Cursor = std::optional<std::string>;

  Result<Cursor> look_through(const registry::JobProgress& progress, Step& step);
  Result<Cursor> look_up(const registry::JobProgress& progress, Step& step);
  Result<std::vector<log::RecordPtr>> read(std::span<const DeadLetterIds::Id> ids);
  void take(const log::StoredRecord& letter, Step& step);

  const std::string tenant_, again_as_;  // empty: each once
  const registry::JobFilter filter_;
  const std::optional<registry::Priority> priority_;
  std::vector<DeadLetterIds::Id> ids_;  // by their places, each once
  Services& services_;
  Payloads& payloads_;
  // Ends where the partitions ended when it was begun: what fails again meanwhile is none of it.
  DeadLetterCursor begin_;
  std::optional<DeadLetterCursor> counting_;
  std::int64_t counted_ = 0;
  std::optional<ReplaySteps> steps_;
  ReplaySteps::Appended appended_;  // by steps_
};

}  // namespace certes::api::jobs
