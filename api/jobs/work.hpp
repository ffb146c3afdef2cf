#pragma once
// Work: what a job of one kind does, in steps: it counts what it is about, then does it from where its progress says.
// A step that fails, or is made again by another process, may do again what was done, with the same names, so that the
// log drops it as a repeat. Who: Runner, on its thread. Blocks: on the index, and on the log for as long as a step of
// its appends takes.

#include <memory>

#include "api/call.hpp"
#include "common/registry/resources.hpp"

namespace certes::api::jobs {

class Payloads;

class Work {
 public:
  virtual ~Work() = default;
  // Goes on counting. True: progress.total is known now.
  virtual Result<bool> count(registry::JobProgress& progress) = 0;
  // Looks at some more of it, does at most `most`, and moves `progress` behind what was done. True: there is no more.
  // Errors: unavailable, timeout, unknown_outcome: to be tried again, nothing is lost; others: it cannot go on until
  // somebody mends that.
  virtual Result<bool> go_on(registry::JobProgress& progress, std::int64_t most) = 0;
  // Behind go_on(): until there may be something to do.
  virtual Millis rest() const { return Millis{0}; }
};

// Whether what it is about is known to this process as far as it reaches, so that its work misses nothing.
// `history`: null: it has none.
bool is_covered(const registry::Job& job, const history::History* history);

// From where the job's progress says. All outlive it. Error: invalid, it asks for what this version does not know.
Result<std::unique_ptr<Work>> make_work(const registry::Job& job, Services& services, Payloads& payloads);

}  // namespace certes::api::jobs
