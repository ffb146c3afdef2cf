#include "api/jobs/work.hpp"

#include "api/jobs/event_replay.hpp"

namespace certes::api::jobs {

Result<std::unique_ptr<Work>> make_work(const registry::Job& job, Services& services, Payloads& payloads) {
  switch (job.kind) {
    case registry::JobKind::replay_events: break;
  }
  if (auto filter = index_filter(job); !filter) return fail(std::move(filter.error()));
  return std::make_unique<EventReplay>(job, services, payloads);
}

}  // namespace certes::api::jobs
