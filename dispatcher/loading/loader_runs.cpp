// The runs of the picker: what is asked for, and what comes of it.
#include <algorithm>

#include "common/registry/fate.hpp"
#include "dispatcher/loading/loader.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::size_t kMostAsked = 2'048;  // in a run
constexpr std::size_t kMostSwept = 64;     // of a lane, in a run
constexpr int kMostLanes = 64;             // that are looked at for one that has room
constexpr int kMostLooks = 1'024;          // at what was tried, of a lane, for a run
constexpr std::size_t kRunBytes = 8u << 20;
constexpr std::uint32_t kLowerTurn = 8;  // so many runs begin with the highest class, then one with the lowest
constexpr Millis kRetry{100}, kTroubleRetry{1'000};
constexpr UnixMillis kSecond = 1'000;  // of the calendar

}  // namespace

void Loader::ask(std::int32_t number, Partition& partition) {
  if (partition.run != 0 || parts_.clock.now() < partition.not_before) return;
  const bool lowest_first = ++partition.turn % kLowerTurn == 0;
  for (int i = 0; i < registry::kPriorities; ++i) {
    const int at = lowest_first ? registry::kPriorities - 1 - i : i;
    if (ask_class(number, partition, static_cast<registry::Priority>(at))) return;
  }
}

bool Loader::ask_class(std::int32_t number, Partition& partition, registry::Priority priority) {
  auto& wanting = partition.wanting[static_cast<std::size_t>(priority)];
  if (wanting.empty()) return false;
  // Where there is no room for any that are looked at, one that has nothing in memory comes first, and alone.
  Backlog* first = first_with_room(wanting, priority);
  const bool full = first == nullptr;
  if (full) first = wanting.find([](const Backlog& one) { return one.in_memory() == 0; });
  if (first == nullptr || (full && !parts_.book.make_room(priority, *first, kMemoryShare))) {
    refused_ = wanting.front();
    return false;
  }
  wanting.move_to_front(*first);
  std::vector<Asked> asked;
  std::vector<Backlog*> again, without_room;
  while (asked.size() < (full ? 1 : kMostAsked) && !wanting.empty()) {
    Backlog& backlog = *wanting.pop_front();
    if (&backlog != first && parts_.book.is_full_for(backlog, kMemoryShare)) {
      without_room.push_back(&backlog);
      continue;
    }
    const std::size_t before = asked.size();
    collect(backlog, *parts_.book.index(number), asked);
    backlog.asked = asked.size() - before;
    if (backlog.asked == 0) again.push_back(&backlog);
  }
  for (Backlog* const backlog : without_room) consider(*backlog);
  for (Backlog* const backlog : again) {
    consider(*backlog);
    looks_on_ = looks_on_ || wants_due(*backlog);
  }
  if (asked.empty()) return false;
  std::ranges::stable_sort(asked, {}, &Asked::offset);
  load_recent(asked);
  if (!asked.empty()) start_run(number, partition, std::move(asked));
  return true;
}

// Those of a tenant that has much come after others.
Backlog* Loader::first_with_room(List<Backlog, NodeOf<WantingBacklogs>>& wanting, registry::Priority priority) {
  const Backlog* const begun = wanting.front();
  for (int looks = 0; looks < kMostLanes; ++looks) {
    Backlog& one = *wanting.front();
    if (looks > 0 && &one == begun) break;
    if (parts_.book.make_room(priority, one, kMemoryShare, false)) return &one;
    wanting.move_to_back(one);
  }
  return nullptr;
}

void Loader::collect(Backlog& backlog, book::OpenIndex& index, std::vector<Asked>& out) {
  if (backlog.sweep && may_end_more()) collect_sweep(backlog, index, out);
  // What is behind is swept: its first attempts are loaded as their ends go to the log.
  if (wants_first(backlog) && (!backlog.sweep || may_end_more())) {
    if (backlog.order)
      collect_in_order(backlog, index, out);
    else
      collect_first(backlog, index, out);
  }
  if (!backlog.due.empty()) collect_due(backlog, index, out);
  if (wants_due(backlog)) collect_overdue(backlog, index, out);
}

void Loader::collect_sweep(Backlog& backlog, const book::OpenIndex& index, std::vector<Asked>& out) {
  const UnixMillis before = ends_before(backlog);
  std::int64_t from = *backlog.sweep;
  backlog.sweep.reset();
  for (std::size_t left = kMostSwept; const auto at = index.next_open(backlog.lane, from);) {
    if (left == 0) return backlog.sweep_from(*at);
    // No record of its block is older.
    const book::AppendTimes times = index.append_times(*at);
    if (times.known() && times.lowest >= before) {
      from = (*at | ((std::int64_t{1} << book::kBlockShift) - 1)) + 1;
      continue;
    }
    from = *at + 1;
    if (is_loaded(backlog.partition, {*at, backlog.lane}) && !set_aside(backlog, *at)) continue;
    out.push_back({*at, &backlog, Want::sweep});
    --left;
  }
}

// What was appended before comes to its end without being sent.
UnixMillis Loader::ends_before(const Backlog& backlog) const {
  if (is_gone(backlog)) return INT64_MAX;
  return std::max(doomed_before(backlog), partitions_.at(backlog.partition).expired_before);
}

// What is in memory and has waited too long, or awaits its result and is purged, leaves it, unless it is out. What else
// is to end is swept there.
bool Loader::set_aside(const Backlog& backlog, std::int64_t offset) {
  const LoadedRecord& record = *parts_.book.loaded(backlog.partition, offset);
  Delivery& delivery = *Book::find(record, backlog.lane);
  const bool awaits = std::holds_alternative<AwaitingResult>(delivery.place);
  if (delivery.is_out() || !(waited_too_long(*record.record) || (awaits && purged(delivery)))) return false;
  parts_.book.set_aside(delivery);
  return true;
}

void Loader::collect_first(Backlog& backlog, const book::OpenIndex& index, std::vector<Asked>& out) {
  for (std::size_t room = most_ready(backlog) - backlog.ready; room > 0; --room) {
    const auto at = index.next_untried(backlog.lane, backlog.from);
    if (!at) {
      backlog.behind = false;
      return;
    }
    out.push_back({*at, &backlog, Want::first});
    backlog.from = *at + 1;
  }
}

// What was tried by an endpoint that takes nothing now waits for that; all else that is due only ends.
void Loader::collect_due(Backlog& backlog, const book::OpenIndex& index, std::vector<Asked>& out) {
  const bool sends = takes(backlog);
  std::size_t room = room_for_tried(backlog);
  std::vector<std::int64_t> left;
  for (const std::int64_t offset : std::exchange(backlog.due, {})) {
    const auto known = index.find({offset, backlog.lane});
    if (!known || !known->tried || is_loaded(backlog.partition, {offset, backlog.lane})) continue;
    // It is due once it is the first of its key.
    if (backlog.order && !backlog.order->is_first(known->key_hash.value_or(0), offset)) continue;
    if (known->tried->what == Due::attempt && !sends) {
      backlog.look_for_due(offset);
    } else if (room == 0) {
      left.push_back(offset);
    } else {
      out.push_back({offset, &backlog, Want::due});
      --room;
    }
  }
  backlog.due = std::move(left);
}

// The calendar gives whole seconds, and has nothing more of those that it gave, whatever becomes of the clock.
void Loader::collect_overdue(Backlog& backlog, book::OpenIndex& index, std::vector<Asked>& out) {
  if (!backlog.overdue || !backlog.due.empty()) return;
  const UnixMillis until = parts_.clock.unix_millis() + kLoadedBefore.count();
  const UnixMillis taken = partitions_.at(backlog.partition).due_taken / kSecond;
  std::size_t room = room_for_tried(backlog);
  for (int looks = 0; room > 0 && looks < kMostLooks; ++looks) {
    const auto at = index.next_tried(backlog.lane, backlog.tried_from);
    if (!at) {
      backlog.overdue = false;
      return;
    }
    backlog.tried_from = *at + 1;
    const auto known = index.find({*at, backlog.lane});
    if (is_loaded(backlog.partition, {*at, backlog.lane})) continue;
    const UnixMillis second = known->tried->due / kSecond;
    if (second > until / kSecond) {
      if (second <= taken) index.schedule({*at, backlog.lane});
      continue;
    }
    out.push_back({*at, &backlog, Want::due});
    --room;
  }
}

// What was read a moment ago; of a lane from the first on that is asked for, so that they come in their order.
void Loader::load_recent(std::vector<Asked>& asked) {
  std::vector<Asked> left;
  std::vector<std::pair<Asked, log::RecordPtr>> found;
  for (const Asked& one : asked) {
    auto record = recent_.take(one.backlog->partition, one.offset);
    if (record == nullptr || one.backlog->elsewhere) {
      one.backlog->elsewhere = true;
      left.push_back(one);
    } else {
      found.emplace_back(one, std::move(record));
    }
  }
  for (const Asked& one : left) one.backlog->elsewhere = false;
  for (const auto& [one, record] : found) {
    --one.backlog->asked;
    load(one, record);
  }
  for (const auto& [one, record] : found) consider(*one.backlog);
  looks_on_ = looks_on_ || !found.empty();
  asked = std::move(left);
}

void Loader::start_run(std::int32_t number, Partition& partition, std::vector<Asked>&& asked) {
  log::PickRun run;
  run.id = partition.run = ++runs_;
  run.topic = log::Topic::events;
  run.partition = number;
  run.max_bytes = std::clamp<std::size_t>(options_.memory_bytes / 8 / partitions_.size(), 1, kRunBytes);
  partition.memory = Charge(parts_.book.memory(), run.max_bytes);
  for (const Asked& one : asked) {
    if (!run.wanted.empty() && one.offset < run.wanted.back().end) continue;
    if (!run.wanted.empty() && one.offset == run.wanted.back().end)
      ++run.wanted.back().end;
    else
      run.wanted.push_back({one.offset, one.offset + 1});
  }
  partition.asked = std::move(asked);
  partition.next = 0;
  parts_.picks.ask(std::move(run));
}

void Loader::on_picked(const log::Picked& picked) {
  const auto found = partitions_.find(picked.partition);
  if (found == partitions_.end() || found->second.run != picked.run) return;
  Partition& partition = found->second;
  if (picked.fate == log::PickFate::again || picked.fate == log::PickFate::done) return end_run(partition, picked);
  while (partition.next < partition.asked.size() && partition.asked[partition.next].offset <= picked.offset) {
    const Asked asked = partition.asked[partition.next++];
    --asked.backlog->asked;
    if (picked.fate == log::PickFate::record)
      load(asked, picked.record);
    else
      lost(asked, picked.fate == log::PickFate::damaged);
  }
}

void Loader::load(const Asked& asked, const log::RecordPtr& record) {
  Backlog& backlog = *asked.backlog;
  const book::OpenPlace place{asked.offset, backlog.lane};
  const auto known = parts_.book.index(backlog.partition)->find(place);
  if (!known || is_loaded(backlog.partition, place)) return;
  // What stands before it has left memory meanwhile: it comes again behind that.
  if (asked.want == Want::first && backlog.behind && backlog.from <= asked.offset) return;
  const bool ends_so = ends_at_once(backlog, *record, *known);
  const bool too_long = waited_too_long(*record) && (is_gone(backlog) || !is_purged(backlog, *record, *known));
  const bool ends = too_long || ends_so;
  if (asked.want == Want::sweep && !ends) return;
  const bool to_be_sent = !known->tried || known->tried->what == Due::attempt;
  if (!ends && to_be_sent && backlog.endpoint->mode == Mode::paused) return leave_behind(backlog, place, *known, false);
  LoadedRecord& loaded = parts_.book.load(record, backlog);
  if (too_long)
    parts_.arrivals.expire(loaded, backlog, *known);
  else
    parts_.arrivals.load(loaded, backlog, *known);
  parts_.book.unpin(loaded);
}

void Loader::lost(const Asked& asked, bool damaged) {
  Backlog& backlog = *asked.backlog;
  const auto known = parts_.book.index(backlog.partition)->find({asked.offset, backlog.lane});
  if (!known) return;
  if (known->command_hash != 0) parts_.commands.remove(known->command_hash, backlog.partition, asked.offset);
  parts_.recorder.lost({backlog.partition, asked.offset}, backlog,
                       damaged ? "its event cannot be read from the log" : "its event is not on the log any more",
                       [this, number = backlog.partition, lane = backlog.lane, offset = asked.offset,
                        hash = known->key_hash.value_or(0)] {
                         if (partitions_.contains(number))
                           parts_.book.ended(parts_.backlogs.at(number, lane), hash, offset);
                       });
}

// What has no answer is asked for again.
void Loader::end_run(Partition& partition, const log::Picked& picked) {
  partition.run = 0;
  partition.memory = {};
  const std::vector<Asked> all = std::exchange(partition.asked, {});
  for (std::size_t i = partition.next; i < all.size(); ++i) {
    const Asked& asked = all[i];
    --asked.backlog->asked;
    switch (asked.want) {
      case Want::first: put_back(*asked.backlog, asked.offset); break;
      case Want::due: asked.backlog->due.push_back(asked.offset); break;
      case Want::sweep: asked.backlog->sweep_from(asked.offset); break;
    }
  }
  for (const Asked& asked : all) consider(*asked.backlog);
  // The log tells of what is damaged itself.
  if (!picked.error) return;
  const bool soon = picked.error->code == Code::unavailable || picked.error->code == Code::timeout;
  partition.not_before = parts_.clock.now() + (soon ? kRetry : kTroubleRetry);
  const bool damaged = picked.error->code == Code::internal;
  if (!damaged && told_.due(picked.error->message, parts_.clock.now()))
    parts_.observer.problem(std::string(kUnreadable) + picked.error->message);
}

}  // namespace certes::dispatcher
