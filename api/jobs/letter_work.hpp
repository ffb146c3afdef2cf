#pragma once
// LetterWork: what is common to the work of jobs on dead letters: those that their filter or their ids name, in the
// order of their partitions, as far as their states (which the index has) let the job have them. It ends with those
// that were there when it was begun. Who: LetterReplay, LetterDiscard.

#include <optional>
#include <span>
#include <vector>

#include "api/dead_letters.hpp"
#include "api/jobs/work.hpp"
#include "api/replay_steps.hpp"

namespace certes::api::jobs {

// Whether a job on dead letters may have one in that state.
bool may_have(const registry::Job& job, history::LetterState state);

// Whether the index knows the states of all that the job may be about.
bool knows_letters(const history::History& history, const registry::Job& job);

class LetterWork : public Work {
 public:
  // Precondition: there is a history.
  LetterWork(const registry::Job& job, Services& services, Payloads& payloads);

  Result<bool> count(registry::JobProgress& progress) final;
  Result<bool> go_on(registry::JobProgress& progress, std::int64_t most) final;

 protected:
  // Of one step.
  struct Step {
    std::int64_t most = 0, looked_at = 0, repeated = 0, refused = 0, skipped = 0;
    std::size_t bytes = 0;
    bool full() const { return looked_at >= most || bytes >= ReplaySteps::kStepBytes; }
  };
  virtual void take(const log::StoredRecord& letter, Step& step) = 0;
  // What was taken is done; of a step that failed nothing is known. Errors as go_on.
  virtual Result<ReplaySteps::Appended> finish() = 0;
  // What was taken is done no more.
  virtual void give_up() = 0;

  const registry::Job job_;  // as it was taken up
  Services& services_;

 private:
  // Where it is then; nothing: at the end.
  using Cursor = std::optional<std::string>;

  Result<Cursor> look_through(const registry::JobProgress& progress, Step& step);
  Result<Cursor> look_up(const registry::JobProgress& progress, Step& step);
  Result<std::vector<log::RecordPtr>> read(std::span<const DeadLetterIds::Id> ids);
  // Nothing: it is erased.
  Result<std::optional<history::LetterState>> state_of(const log::StoredRecord& letter) const;
  Result<bool> is_wanted(const log::StoredRecord& letter) const;

  const std::vector<DeadLetterIds::Id> ids_;  // by their places, each once
  Payloads& payloads_;
  // Ends where the partitions ended when it was begun: what fails again meanwhile is none of it.
  DeadLetterCursor begin_;
  std::optional<DeadLetterCursor> counting_;
  std::int64_t counted_ = 0;
};

}  // namespace certes::api::jobs
