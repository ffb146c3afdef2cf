#include "common/log/sqlite/retention.hpp"

#include <algorithm>

namespace certes::log::sqlite {
namespace {

constexpr std::int64_t kIdBite = 2048;  // identities are small
constexpr Millis kEvery{1'000};         // when there was nothing left to do, or it failed
constexpr Millis kCrowdedEvery{50};     // when there was nothing left to do, and there is little room

}  // namespace

Retention::Retention(Store& store, Transaction& transaction)
    : store_(store),
      transaction_(transaction),
      letters_(store, transaction),
      next_(store.clock.now()),
      next_crowded_(next_) {
  for (const auto& partition : store.partitions) rows_from_.push_back(transaction.first_row(*partition));
  identities_from_ = transaction.first_identity_row();
  rows_before_ = rows_from_;
  identities_before_ = identities_from_;
}

void Retention::apply(SteadyTime now) {
  rows_before_ = rows_from_;
  identities_before_ = identities_from_;
  bool more = sweep_identities();
  Bite left = kBite;
  const std::size_t count = store_.partitions.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (first_ + i) % count;
    expire(*store_.partitions[at]);
    more = sweep(*store_.partitions[at], at, left) || more;
  }
  first_ = (first_ + 1) % count;
  if (!more && (store_.space.nearly_full() || letters_.dropping())) more = letters_.apply(now);
  next_ = more ? now : now + kEvery;
  next_crowded_ = now + kCrowdedEvery;
}

void Retention::undo(SteadyTime now) {
  rows_from_ = rows_before_;
  identities_from_ = identities_before_;
  letters_.undo();
  next_ = next_crowded_ = now + kEvery;
}

// Records from there on stay.
std::int64_t Retention::needed_from(const Partition& partition) const {
  const bool events = partition.topic == Topic::events;
  return std::min(partition.range().end, events ? store_.commits.offset(partition.number) - 1 : partition.kept_from());
}

void Retention::expire(Partition& partition) {
  Millis kept_for{0};
  switch (partition.topic) {
    case Topic::events: kept_for = store_.options.retention.events; break;
    case Topic::attempts: kept_for = store_.options.retention.attempts; break;
    case Topic::dead_letters: kept_for = store_.options.retention.dead_letters; break;
    case Topic::registry:
    case Topic::progress: return;  // trimmed by who knows what is still needed
  }
  const std::int64_t start = partition.range().start;
  const std::int64_t end = std::min(start + kBite.records, needed_from(partition));
  // What is finished goes at any age before what is new is refused.
  const bool early = partition.topic == Topic::events && store_.space.nearly_full();
  const UnixMillis limit = early ? INT64_MAX : store_.clock.unix_millis() - kept_for.count();
  const std::int64_t kept = first_not_before(transaction_.time(partition), start, std::max(start, end), limit);
  if (kept > start) transaction_.set_start(partition, kept);
}

// Deletes rows below the start. True: there were some, and there may be more.
bool Retention::sweep(Partition& partition, std::size_t at, Bite& left) {
  const std::int64_t start = partition.range().start;
  std::int64_t& from = rows_from_[at];
  if (from >= start) return false;
  if (left.records > 0 && left.bytes > 0) from = transaction_.delete_rows(partition, start, left);
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
