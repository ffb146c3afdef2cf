#include "tests/dispatcher/ownership/world.hpp"

#include "common/log/names.hpp"

namespace certes::dispatcher::testing {
namespace {

// From its first to behind its last.
std::int64_t somewhere(Dice& dice, log::OffsetRange range) {
  return range.start + static_cast<std::int64_t>(dice.pick(static_cast<std::size_t>(range.end - range.start + 1)));
}

}  // namespace

std::unique_ptr<simulation::Process> OwnerWorld::make(std::uint64_t id) {
  return std::make_unique<FakeDispatcher>(cluster_, ledger_, clock_,
                                          FakeOptions{id, frame_.seed, schedule_.mistake, background(id)});
}

void OwnerWorld::accept(Dice& dice) {
  if (next_event_ >= frame_.events) return;
  log::Record record;
  record.headers.add(log::names::kId, std::to_string(next_event_));
  const std::int32_t partition = any_partition(dice);
  say("event " + std::to_string(next_event_) + " is accepted");
  ledger_.accepted(next_event_++, partition);
  cluster_->put(log::Topic::events, partition, std::move(record));
}

void OwnerWorld::damage(Dice& dice, std::int32_t partition) {
  if (schedule_.foreign) commit_foreign(dice, partition);
  if (!schedule_.truncate) return;
  ledger_.tolerate();
  const double what = dice.unit();
  if (what < 0.4) return expire_events(dice, partition);
  if (what < 0.8) return cut_events(dice, partition);
  ledger_.tails_trimmed();
  const log::Topic topic = dice.chance(0.5) ? log::Topic::attempts : log::Topic::dead_letters;
  trim(topic, partition, somewhere(dice, {0, cluster_->range(topic, partition).end}));
}

void OwnerWorld::commit_foreign(Dice& dice, std::int32_t partition) {
  say("somebody else commits");
  ledger_.others_commit();
  const std::int64_t offset = somewhere(dice, {0, cluster_->range(log::Topic::events, partition).end});
  cluster_->commit_foreign(partition, {offset, dice.chance(0.3) ? cluster_->committed(partition).metadata : ""});
}

void OwnerWorld::trim(log::Topic topic, std::int32_t partition, std::int64_t before) {
  say("the log is trimmed below " + std::to_string(before));
  [[maybe_unused]] const auto trimmed = log::memory::make(cluster_, 0)->trim(topic, partition, before, {});
}

void OwnerWorld::excuse(std::int32_t partition, log::OffsetRange range) {
  for (std::int64_t offset = range.start; offset < range.end; ++offset)
    if (const auto event = cluster_->at(log::Topic::events, partition, offset))
      ledger_.excuse(std::stoi(std::string(event->headers.get(log::names::kId))));
}

void OwnerWorld::expire_events(Dice& dice, std::int32_t partition) {
  const log::OffsetRange range = cluster_->range(log::Topic::events, partition);
  const std::int64_t before = somewhere(dice, range);
  excuse(partition, {range.start, before});
  trim(log::Topic::events, partition, before);
}

// The log loses its end and goes on, while nobody reads it.
void OwnerWorld::cut_events(Dice& dice, std::int32_t partition) {
  const log::OffsetRange range = cluster_->range(log::Topic::events, partition);
  const std::int64_t end = somewhere(dice, range);
  excuse(partition, {end, range.end});
  crash_all();
  say("events is cut at " + std::to_string(end));
  cluster_->cut(log::Topic::events, partition, end);
  clock_.advance(Millis(1 + dice.pick(200'000)));
  for (std::size_t more = dice.pick(4); more > 0; --more) accept(dice);
}

}  // namespace certes::dispatcher::testing
