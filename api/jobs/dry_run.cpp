#include "api/jobs/dry_run.hpp"

#include "api/history/walk.hpp"
#include "api/history_answers.hpp"
#include "api/jobs/letter_work.hpp"
#include "api/letter_index.hpp"
#include "api/steps.hpp"

namespace certes::api::jobs {
namespace {

constexpr std::size_t kLettersCounted = 256;  // at once

// How many there are, as far as one request may look.
class Counted final : public LongSteps {
 public:
  Counted(Services& services, history::Filter filter)
      : services_(services),
        deadline_(std::chrono::steady_clock::now() + services.deps.settings.api.scan_time),
        walk_(std::move(filter), history::Order::oldest_first,
              history::Cursor::before_all(history::Order::oldest_first)) {}

  std::size_t held() const override { return 0; }

 private:
  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    for (;;) {
      const auto chunk = services_.history->look([this](history::Lookup& lookup) { return walk_.next(lookup); });
      if (!chunk) return std::optional(not_ready(chunk.error()));
      count_ += chunk->events.size();
      const SteadyTime now = std::chrono::steady_clock::now();
      if (chunk->last || now >= deadline_) return std::optional(answer(chunk->last));
      if (now >= until) return std::optional<http::Response>();
    }
  }
  http::Response answer(bool whole) {
    if (!whole) services_.cut_scans.add();
    auto response = counted(count_, whole);
    add_members(response, reach_of(*services_.history));
    return response;
  }

  Services& services_;
  const SteadyTime deadline_;
  history::Walk walk_;
  std::size_t count_ = 0;
};

// The same of dead letters, in the states that the job may have.
class CountedLetters final : public LongSteps {
 public:
  CountedLetters(Services& services, registry::Job&& job)
      : services_(services),
        job_(std::move(job)),
        filter_(letter_filter(job_.tenant, job_.filter)),
        way_(way_of(filter_)),
        deadline_(std::chrono::steady_clock::now() + services.deps.settings.api.scan_time) {}

  std::size_t held() const override { return 0; }

 private:
  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    for (;;) {
      const auto rows = services_.history->look(
          [this](history::Lookup& lookup) { return lookup.letters(way_, filter_, cursor_, kLettersCounted); });
      if (!rows) return std::optional(not_ready(rows.error()));
      for (const history::LetterRow& row : *rows) {
        cursor_ = behind(row);
        count_ += filter_.matches(row) && may_have(job_, row.state()) ? 1 : 0;
      }
      const bool whole = rows->size() < kLettersCounted;
      const SteadyTime now = std::chrono::steady_clock::now();
      if (whole || now >= deadline_) return std::optional(answer(whole));
      if (now >= until) return std::optional<http::Response>();
    }
  }
  http::Response answer(bool whole) {
    if (!whole) services_.cut_scans.add();
    auto response = counted(count_, whole);
    add_members(response, letters_reach(*services_.history));
    return response;
  }

  Services& services_;
  const registry::Job job_;
  const history::LetterFilter filter_;
  const history::LetterWay way_;
  const SteadyTime deadline_;
  history::Cursor cursor_;
  std::size_t count_ = 0;
};

}  // namespace

http::Response counted(std::size_t count, bool whole) {
  return json_response(200,
                       R"({"count":)" + std::to_string(count) + R"(,"complete":)" + (whole ? "true" : "false") + "}");
}

std::unique_ptr<http::Steps> count_events(Services& services, history::Filter filter) {
  return std::make_unique<Counted>(services, std::move(filter));
}

std::unique_ptr<http::Steps> count_letters(Services& services, registry::Job&& job) {
  return std::make_unique<CountedLetters>(services, std::move(job));
}

}  // namespace certes::api::jobs
