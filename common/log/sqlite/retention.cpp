#include "common/log/sqlite/retention.hpp"

#include <algorithm>

namespace certes::log::sqlite {
namespace {

constexpr std::int64_t kBite = 256;     // records at a time
constexpr std::int64_t kIdBite = 2048;  // identities are small
constexpr Millis kEvery{1'000};         // when there was nothing left to do

}  // namespace

Retention::Retention(Store& store, Transaction& transaction)
    : store_(store), transaction_(transaction), next_(store.clock.now()) {
  for (const auto& partition : store.partitions) rows_from_.push_back(transaction.first_row(*partition));
  identities_from_ = transaction.first_identity_row();
  rows_before_ = rows_from_;
  identities_before_ = identities_from_;
}

void Retention::apply(SteadyTime now) {
  rows_before_ = rows_from_;
  identities_before_ = identities_from_;
  bool more = sweep_identities();
  for (std::size_t i = 0; i < store_.partitions.size(); ++i) {
    expire(*store_.partitions[i]);
    more = sweep(*store_.partitions[i], i) || more;
  }
  next_ = more ? now : now + kEvery;
}

void Retention::undo() {
  rows_from_ = rows_before_;
  identities_from_ = identities_before_;
}

// Records from there on stay.
std::int64_t Retention::finished_below(const Partition& partition) const {
  const OffsetRange range = partition.range();
  if (partition.topic != Topic::events) return range.end;
  return std::min(range.end, store_.commits.offset(partition.number) - 1);
}

void Retention::expire(Partition& partition) {
  double seconds = 0;
  switch (partition.topic) {
    case Topic::events: seconds = store_.options.events_retention_seconds; break;
    case Topic::attempts: seconds = store_.options.attempts_retention_seconds; break;
    case Topic::dead_letters: seconds = store_.options.dead_letters_retention_seconds; break;
    case Topic::registry:
    case Topic::progress: return;  // trimmed by who knows what is still needed
  }
  const std::int64_t start = partition.range().start;
  const std::int64_t end = std::min(start + kBite, finished_below(partition));
  const UnixMillis limit = store_.clock.unix_millis() - static_cast<UnixMillis>(seconds * 1000);
  const std::int64_t kept = first_not_before(transaction_.time(partition), start, std::max(start, end), limit);
  if (kept > start) transaction_.set_start(partition, kept);
}

// Deletes rows below the start. True: there are more.
bool Retention::sweep(Partition& partition, std::size_t at) {
  const std::int64_t start = partition.range().start;
  std::int64_t& from = rows_from_[at];
  if (from >= start) return false;
  from = std::min(from + kBite, start);
  transaction_.delete_rows(partition, from);
  return true;
}

bool Retention::sweep_identities() {
  const std::int64_t first = transaction_.identities().first();
  if (identities_from_ >= first) return false;
  identities_from_ = std::min(identities_from_ + kIdBite, first);
  transaction_.delete_identities(identities_from_);
  return identities_from_ < first;
}

}  // namespace certes::log::sqlite
