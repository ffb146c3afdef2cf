#pragma once
// EventReplay: the work of a job that sends events again: those that its filter finds in the index, the oldest first,
// to one endpoint or to whoever subscribes now. Each goes back to `events`, to the partition where it stands, under a
// name that is made of the job's and of its place. Repeats, commands and results are passed over. Who: Runner.

#include <deque>
#include <optional>

#include "api/history/walk.hpp"
#include "api/jobs/work.hpp"
#include "api/replay_steps.hpp"

namespace certes::api::jobs {

// Whether the index has all that was accepted from then on and before that, as far as it is kept.
bool covers(const history::History& history, UnixMillis from, UnixMillis to);

// The filter as the index has it. Error: invalid, it asks for what there is not.
Result<history::Filter> index_filter(const registry::Job& job);

// The record that sends an event again.
struct EventReplayOf {
  std::string name;
  std::string endpoint;                             // empty: to whoever subscribes
  std::optional<registry::Priority> priority = {};  // nothing: as they do
};
// Errors: conflict, as it is on the log no more, is no event but a command or a result, or has grown too large.
Result<log::Record> replay_of(const history::EventRow& event, const log::RecordPtr& record, const EventReplayOf& how,
                              const Services& services);

class EventReplay final : public Work {
 public:
  // Precondition: index_filter() takes it.
  EventReplay(const registry::Job& job, Services& services, Payloads& payloads);

  Result<bool> count(registry::JobProgress& progress) override;
  Result<bool> go_on(registry::JobProgress& progress, std::int64_t most) override;

 private:
  using Rows = std::deque<history::EventRow>;

  Result<history::Walk::Chunk> next_chunk(history::Walk& walk);
  Result<void> look();
  std::size_t next_step(std::int64_t most) const;
  Result<std::size_t> send(std::size_t count);
  void start_afresh(const registry::JobProgress& progress);

  const std::string tenant_, job_, endpoint_;
  const std::optional<registry::Priority> priority_;
  const history::Filter filter_;
  Services& services_;
  Payloads& payloads_;
  std::optional<history::Walk> counting_, walk_;
  std::int64_t counted_ = 0;
  Rows found_;         // and not sent yet
  bool last_ = false;  // behind them there is nothing more
  std::optional<ReplaySteps> steps_;
};

}  // namespace certes::api::jobs
