#pragma once
// LetterReplay: the work of a job that sends dead letters again. Each goes back to `events` as one alone does
// (dead_letters.hpp), under a name that is made of its place, so that it is not sent by two jobs; where those are to be
// sent too that were before, of the job's as well. Who: Runner.

#include "api/jobs/letter_work.hpp"

namespace certes::api::jobs {

class LetterReplay final : public LetterWork {
 public:
  LetterReplay(const registry::Job& job, Services& services, Payloads& payloads);

 private:
  void take(const log::StoredRecord& letter, Step& step) override;
  Result<ReplaySteps::Appended> finish() override;
  void give_up() override { steps_.reset(); }
  ReplaySteps& steps();

  const std::string again_as_;  // empty: each once
  std::optional<ReplaySteps> steps_;
  ReplaySteps::Appended appended_;  // by steps_, before this step
};

}  // namespace certes::api::jobs
