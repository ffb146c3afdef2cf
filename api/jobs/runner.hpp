#pragma once
// Runner: goes on with the jobs of the registry, on a thread of its own: takes up those that nobody goes on with, makes
// a step of each that is due, in turn, and notes every few seconds in the registry how far each is. Such a note says,
// too, that this process still goes on with it: where none comes any more, another process takes the job up. What the
// other has done since its last note is done again then, and dropped as a repeat. What users ask of a job (to pause, to
// cancel) is a change of the same resource, of which it makes its last note. One that cannot go on is told of by an
// event about Certes. Who: Api.

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/jobs/held_job.hpp"
#include "api/jobs/payloads.hpp"
#include "common/base/line_limit.hpp"
#include "common/base/wake_signal.hpp"

namespace certes::api::jobs {

class Runner {
 public:
  // Starts its thread. `services` outlives this.
  explicit Runner(Services& services);
  // Lets go of what it holds, with a last note, so that another process goes on at once. Blocks for a step, and for the
  // notes.
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

 private:
  using JobPtr = std::shared_ptr<const registry::Job>;
  // What another process goes on with, as it was seen last.
  struct Watched {
    std::int64_t version = 0;
    SteadyTime since;
  };

  void run();
  bool follow();
  void keep_reprocess();
  metrics::Gauge& gauge_of(const registry::JobState& state);
  void take_up(SteadyTime now);
  bool may_take(const registry::Job& job, SteadyTime now);
  void claim(const registry::Job& job, SteadyTime now);
  const JobPtr* fewest_held(const std::vector<JobPtr>& jobs) const;

  void go_on_all();
  bool stays(HeldJob& held);
  bool is_mine(const registry::Job& job) const;
  bool settle(HeldJob& held, const registry::Job& current);
  void note_if_due(HeldJob& held);
  SteadyTime note_due(const HeldJob& held) const;
  bool note(HeldJob& held, const registry::Job& current, registry::JobState state);
  void tell_if_failed(const HeldJob& held, const registry::Job& current);
  void let_go_all();
  void forget_old();
  SteadyTime next_due() const;
  void tell(const HeldJob& held, const Error& error);

  Services& services_;
  const std::string name_;  // of this process, in the registry
  metrics::Gauge held_count_, running_, paused_, ended_;
  metrics::Counter taken_over_, done_, skipped_, untold_;
  LineLimit told_;
  const std::shared_ptr<WakeSignal> signal_ = std::make_shared<WakeSignal>();
  Payloads payloads_;
  registry::State::Map<registry::Job> jobs_;                // as of the last look
  registry::State::Map<registry::BackoffPolicy> policies_;  // the same
  bool reprocesses_ = false;                                // some policy says that dead letters are sent again
  bool keeps_reprocess_ = true;                             // their job is there, or not, as that says
  std::map<std::string, JobPtr, std::less<>> open_;         // of these, what is running, by the map's names
  std::map<std::string, Watched, std::less<>> watched_;
  std::map<std::string, std::unique_ptr<HeldJob>, std::less<>> held_;
  SteadyTime look_at_, forgot_at_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last
};

}  // namespace certes::api::jobs
