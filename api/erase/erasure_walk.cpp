#include "api/erase/erasure_walk.hpp"

namespace certes::api {
namespace {

constexpr std::size_t kWalkedAtOnce = 256;

}  // namespace

ErasureWalk::ErasureWalk(const registry::Job& job, const ErasureMacs& macs) : erased_(job, macs) {
  events_.tenant = letters_.tenant = job.tenant;
  events_.from = letters_.from = job.filter.from;
}

ErasureWalk::Chunk ErasureWalk::next(history::Lookup& lookup) {
  return events_are_over_ ? next_letters(lookup) : next_events(lookup);
}

ErasureWalk::Chunk ErasureWalk::next_events(history::Lookup& lookup) {
  Chunk chunk;
  const auto rows = lookup.rows(history::Way::time, events_, at_, kWalkedAtOnce, history::Order::oldest_first);
  for (const history::EventRow& row : rows) {
    at_ = history::Cursor::behind(row);
    if (!erased_.has(row)) continue;
    chunk.events.push_back({row.place, row.is_repeat()});
    chunk.count += row.is_repeat() ? 0 : 1;
  }
  events_are_over_ = rows.size() < kWalkedAtOnce;
  return chunk;
}

ErasureWalk::Chunk ErasureWalk::next_letters(history::Lookup& lookup) {
  Chunk chunk;
  const auto rows = lookup.letters(history::LetterWay::time, letters_, letters_at_, kWalkedAtOnce);
  for (const history::LetterRow& row : rows) {
    letters_at_ = behind(row);
    chunk.count += erased_.has(row) ? 1 : 0;
  }
  chunk.last = rows.size() < kWalkedAtOnce;
  return chunk;
}

}  // namespace certes::api
