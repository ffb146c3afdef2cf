#include "api/jobs/work.hpp"

#include "api/jobs/event_replay.hpp"
#include "api/jobs/letter_replay.hpp"

namespace certes::api::jobs {

bool is_covered(const registry::Job& job, const history::History* history) {
  if (job.kind == registry::JobKind::replay_letters) return true;  // these are read from the log
  return history != nullptr && covers(*history, job.filter.from, job.filter.to);
}

Result<std::unique_ptr<Work>> make_work(const registry::Job& job, Services& services, Payloads& payloads) {
  if (job.kind == registry::JobKind::replay_letters) return std::make_unique<LetterReplay>(job, services, payloads);
  if (auto filter = index_filter(job); !filter) return fail(std::move(filter.error()));
  return std::make_unique<EventReplay>(job, services, payloads);
}

}  // namespace certes::api::jobs
