#include "api/jobs/work.hpp"

#include "api/erase/erasure.hpp"
#include "api/jobs/event_replay.hpp"
#include "api/jobs/letter_discard.hpp"
#include "api/jobs/letter_replay.hpp"
#include "api/jobs/reprocess.hpp"

namespace certes::api::jobs {

bool is_covered(const registry::Job& job, const history::History* history) {
  if (history == nullptr) return false;
  if (job.kind == registry::JobKind::replay_events) return covers(*history, job.filter.from, job.filter.to);
  return knows_letters(*history, job);  // of an erasure too: all that is to be in the index is
}

Result<std::unique_ptr<Work>> make_work(const registry::Job& job, Services& services, Payloads& payloads) {
  if (job.kind == registry::JobKind::replay_letters) return std::make_unique<LetterReplay>(job, services, payloads);
  if (job.kind == registry::JobKind::discard_letters) return std::make_unique<LetterDiscard>(job, services, payloads);
  if (job.kind == registry::JobKind::reprocess_letters) return std::make_unique<Reprocess>(services, payloads);
  if (job.kind == registry::JobKind::erase) return std::make_unique<Erasure>(job, services);
  if (auto filter = index_filter(job); !filter) return fail(std::move(filter.error()));
  return std::make_unique<EventReplay>(job, services, payloads);
}

}  // namespace certes::api::jobs
