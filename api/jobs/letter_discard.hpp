#pragma once
// Dead letters are discarded by a record of their own partition that names their places: they stay on the log as long
// as others, and in lists, and no job sends them again. Who: Runner, the route that discards one. Blocks on the log.

#include "api/jobs/letter_places.hpp"
#include "api/jobs/letter_work.hpp"

namespace certes::api::jobs {

// The same again changes nothing. Errors: unavailable, unknown_outcome.
Result<void> discard(const LetterPlaces& letters, Services& services, const std::string& tenant);

// The work of a job that does so: of those that its filter or their ids name.
class LetterDiscard final : public LetterWork {
 public:
  using LetterWork::LetterWork;

 private:
  void take(const log::StoredRecord& letter, Step& step) override;
  Result<ReplaySteps::Appended> finish() override;
  void give_up() override { taken_.clear(); }

  LetterPlaces taken_;
};

}  // namespace certes::api::jobs
