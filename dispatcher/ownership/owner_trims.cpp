// What the owner lets go of on the log, by what is committed: older checkpoints, and events that are finished and too
// old.
#include <algorithm>

#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kTimeout{2'000};
constexpr Millis kEvery{600'000};
constexpr Millis kCrowdedEvery{1'000};
constexpr std::uint32_t kProgressEvery = 8;          // checkpoints
constexpr std::uint64_t kProgressBytes = 64u << 20;  // of `progress`: above, after every one
constexpr std::size_t kRuns = 4'096;                 // that are erased in one call, or a chunk's more

// Of a call that finds nothing.
Result<std::int64_t> nothing_found(Result<void> result) {
  if (!result) return fail(std::move(result.error()));
  return 0;
}

}  // namespace

void Owner::Impl::trim_progress(const Part& part, std::int64_t below) {
  if (part.accepted % kProgressEvery != 0 && part.checkpoints->progress_bytes() < kProgressBytes) return;
  if (below <= 0) return;
  trims_.run({Trims::What::progress, part.partition, part.epoch},
             [partition = part.partition, below](log::Log& log) -> Result<std::int64_t> {
               return nothing_found(log.trim(log::Topic::progress, partition, below, kTimeout));
             });
}

SteadyTime Owner::Impl::letting_go_at(const Part& part) const {
  const bool nothing = options_.lets_go == LetsGo::nothing || part.accepted == 0;
  if (nothing || part.letting_go.out) return SteadyTime::max();
  return part.letting_go.at;
}

void Owner::Impl::let_go_of_events(Part& part) {
  if (options_.lets_go == LetsGo::below)
    trim_events(part);
  else
    erase_events(part);
}

// The record before the watermark stays: the log is known again by it.
void Owner::Impl::trim_events(Part& part) {
  part.letting_go.at = now_ + kEvery;
  trims_.run({Trims::What::below, part.partition, part.epoch},
             [partition = part.partition, finished = part.finished_below - 1,
              old = clock_.unix_millis() - options_.events_retention.count()](log::Log& log) -> Result<std::int64_t> {
               const auto range = log.offsets(log::Topic::events, partition, kTimeout);
               if (!range) return fail(range.error());
               const auto young = log.offset_at(log::Topic::events, partition, old, kTimeout);
               if (!young) return fail(young.error());
               const std::int64_t below = std::min(*young, finished);
               if (below <= range->start) return 0;
               return nothing_found(log.trim(log::Topic::events, partition, below, kTimeout));
             });
}

// A pass goes over all that is old enough (where the log has no room: over all), some chunks a call.
void Owner::Impl::erase_events(Part& part) {
  LettingGo& pass = part.letting_go;
  if (!pass.below && log_.crowded()) pass.below = INT64_MAX;
  if (!pass.below) {
    pass.out = true;
    return trims_.run({Trims::What::age, part.partition, part.epoch},
                      [partition = part.partition, old = clock_.unix_millis() - options_.events_retention.count()](
                          log::Log& log) { return log.offset_at(log::Topic::events, partition, old, kTimeout); });
  }
  std::vector<log::OffsetRange> runs;
  pass.asked = part.checkpoints->take_finished(pass.from, *pass.below, kRuns, runs);
  if (runs.empty()) return end_erasing(part);
  pass.out = true;
  trims_.run({Trims::What::between, part.partition, part.epoch},
             [partition = part.partition, runs = std::move(runs)](log::Log& log) mutable -> Result<std::int64_t> {
               return nothing_found(log.erase(log::Topic::events, partition, std::move(runs), kTimeout));
             });
}

void Owner::Impl::end_erasing(Part& part) {
  part.letting_go = {};
  part.letting_go.at = now_ + (log_.crowded() ? kCrowdedEvery : kEvery);
}

void Owner::Impl::serve_trims() {
  for (const Trims::End& end : trims_.take_ended()) {
    const Trims::Of& of = end.of;
    if (!end.found) handler_.on_trim_failed(of.partition, topic_of(of.what), end.found.error());
    Part* part = find(of.partition, of.epoch);
    if (part == nullptr || (of.what != Trims::What::age && of.what != Trims::What::between)) continue;
    LettingGo& pass = part->letting_go;
    pass.out = false;
    if (!end.found) {
      if (of.what == Trims::What::between) part->checkpoints->give_back_finished(pass.from, pass.asked);
      end_erasing(*part);
    } else if (of.what == Trims::What::age) {
      pass.below = *end.found;
    } else {
      pass.from = pass.asked;
    }
  }
}

}  // namespace certes::dispatcher
