#pragma once
// HeldJob: a job that this process goes on with: its work, its rate, how far it is, and what the registry knows of
// that. Who: Runner. Confined to its thread.

#include <memory>
#include <optional>
#include <string>

#include "api/jobs/work.hpp"
#include "gateway/limits/rate_limit.hpp"

namespace certes::api::jobs {

class HeldJob {
 public:
  // `work`: from where the job's progress says.
  HeldJob(const registry::Job& job, std::unique_ptr<Work> work, SteadyTime now);

  const std::string& tenant() const { return tenant_; }
  const std::string& id() const { return id_; }
  const registry::JobProgress& progress() const { return progress_; }
  // When there is something to do.
  SteadyTime due() const { return due_; }
  // What it has come to; nothing: it goes on.
  const std::optional<registry::JobState>& end() const { return end_; }

  // Precondition: due, and without an end. What kept it from going on, and is tried again; nothing: it went on.
  std::optional<Error> step(SteadyTime now);

  // The registry knows how far it is; or it was to, and the log is away, or another change came between.
  void noted(SteadyTime now);
  void not_noted(SteadyTime now);
  bool has_news() const { return progress_ != noted_; }
  // It was counted, and nobody else knows yet what it is about: that is noted before anything is done.
  bool is_counted() const { return progress_.total && !noted_.total; }
  // When it was tried last.
  SteadyTime noted_at() const { return noted_at_; }

 private:
  Result<bool> go_on(SteadyTime now);

  const std::string tenant_, id_;
  std::unique_ptr<Work> work_;
  std::optional<gateway::ingest::RateLimit> rate_;
  registry::JobProgress progress_, noted_;
  SteadyTime noted_at_, due_;
  std::optional<registry::JobState> end_;
};

}  // namespace certes::api::jobs
