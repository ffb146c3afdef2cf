#include "gateway/repeats/undelivered.hpp"

#include <algorithm>

#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr Millis kQuestion{2'000};
constexpr Millis kSilence{10'000};  // nothing has come for so long, although there is more

}  // namespace

Undelivered::Undelivered(log::Log& log, const Clock& clock, Options options)
    : log_(log), clock_(clock), options_(std::move(options)) {}

Result<void> Undelivered::refresh(std::int32_t number) {
  if (number < 0 || number >= log_.partitions()) return {};
  if (static_cast<std::size_t>(number) >= partitions_.size()) partitions_.resize(static_cast<std::size_t>(number) + 1);
  Partition& partition = partitions_[static_cast<std::size_t>(number)];
  const auto range = log_.offsets(log::Topic::dead_letters, number, kQuestion);
  if (!range) return fail(Code::unavailable, range.error().message);
  if (partition.next > range->end) partition = {};  // another log has taken its place
  if (partition.next == log::kNoOffset) {
    const auto from = begin_at(number);
    if (!from) return fail(from.error());
    partition.terms = log::Terms::from(*from, range->start);
    partition.next = partition.terms.begin();
  }
  partition.next = std::max(partition.next, range->start);
  return scan(number, partition.next, range->end, [this](const log::RecordPtr& record) {
    look(*record);
    return true;
  });
}

Result<std::int64_t> Undelivered::begin_at(std::int32_t partition) const {
  const UnixMillis from = clock_.unix_millis() - options_.window.count();
  return log_.offset_at(log::Topic::dead_letters, partition, from, kQuestion);
}

Result<void> Undelivered::scan(std::int32_t partition, std::int64_t& next, std::int64_t end,
                               const log::VisitRecord& visit) const {
  auto heard = std::chrono::steady_clock::now();
  const auto give_up = [&](bool came) -> std::optional<Error> {
    if (options_.stopping && options_.stopping()) return Error(Code::unavailable, "the gateway stops");
    const auto now = std::chrono::steady_clock::now();
    if (came) heard = now;
    if (now - heard <= kSilence) return std::nullopt;
    return Error(Code::timeout, "the dead letters could not be read in time");
  };
  const auto enough = log::scan(log_, {log::Topic::dead_letters, partition, end}, next, visit, give_up);
  if (!enough) return fail(enough.error());
  return {};
}

void Undelivered::look(const log::StoredRecord& record) {
  if (!partitions_[static_cast<std::size_t>(record.partition)].terms.counts(record)) return;
  if (!record.headers.find(event::kUndelivered)) return;
  std::string id(record.headers.get(log::names::kId));
  if (id.empty()) return;
  const Place place{record.partition, record.offset};
  known_.insert_or_assign(id, place);
  order_.emplace_back(std::move(id), place);
  expire();
}

void Undelivered::expire() {
  for (; order_.size() > options_.most_ids; order_.pop_front()) {
    const auto found = known_.find(order_.front().first);
    if (found != known_.end() && found->second == order_.front().second) known_.erase(found);
  }
}

std::optional<Undelivered::Place> Undelivered::find(std::string_view id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

Result<log::RecordPtr> Undelivered::read(Place place) const {
  log::RecordPtr found;
  std::int64_t next = place.offset;
  auto done = scan(place.partition, next, place.offset + 1, [&](const log::RecordPtr& record) {
    if (record->offset == place.offset) found = record;
    return false;
  });
  if (!done) return fail(std::move(done.error()));
  if (!found) return fail(Code::not_found, "the dead letter is no longer there");
  return found;
}

void Undelivered::forget(std::string_view id) {
  const auto found = known_.find(id);
  if (found != known_.end()) known_.erase(found);
}

}  // namespace certes::gateway::ingest
