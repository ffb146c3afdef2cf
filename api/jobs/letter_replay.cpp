#include "api/jobs/letter_replay.hpp"

#include "api/dead_letter_replay.hpp"
#include "api/repair.hpp"
#include "common/event/stamp.hpp"
#include "common/log/names.hpp"

namespace certes::api::jobs {

LetterReplay::LetterReplay(const registry::Job& job, Services& services, Payloads& payloads)
    : LetterWork(job, services, payloads), again_as_(job.again ? job.id : std::string()) {}

ReplaySteps& LetterReplay::steps() {
  if (!steps_) {
    steps_.emplace(services_, job_.tenant);
    appended_ = {};
  }
  return *steps_;
}

Result<ReplaySteps::Appended> LetterReplay::finish() {
  const auto all = steps().finish();
  if (!all) return fail(all.error());
  const ReplaySteps::Appended before = std::exchange(appended_, *all);
  return ReplaySteps::Appended{all->stored - before.stored, all->repeated - before.repeated};
}

void LetterReplay::take(const log::StoredRecord& letter, Step& step) {
  auto replay = api::replay_of(letter, again_as_);
  if (replay && job_.priority) replay->headers.add(log::names::kPriority, to_string(*job_.priority));
  const std::size_t most = services_.deps.log.max_record_bytes(log::Topic::events) - event::kMostStampBytes;
  if (!replay || replay->size() > most) {
    ++step.skipped;
    return;
  }
  const auto state = services_.deps.registry.state();
  if (is_quarantined(letter) && !holds(*replay, *state, job_.tenant, most_unpacked(services_))) {
    ++step.refused;
    return;
  }
  step.bytes += replay->size();
  steps().add(letter.partition, std::move(*replay));
}

}  // namespace certes::api::jobs
