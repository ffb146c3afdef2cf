#include "dispatcher/loading/loader.hpp"

#include <algorithm>

#include "common/log/names.hpp"
#include "common/registry/fate.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::size_t kLeastReady = 16;
constexpr std::size_t kEndingBytes = 8u << 20;  // of what is ended and not acknowledged, above which nothing more is
constexpr std::size_t kMostDue = 1'024;         // that a lane names
constexpr std::size_t kDueARound = 4'096;
constexpr Millis kLooksEvery{500};  // for what is due
constexpr Millis kMinute{60'000};

}  // namespace

void Loader::begin(std::int32_t number) {
  book::OpenIndex& index = *parts_.book.index(number);
  parts_.backlogs.begin(number, index);
  parts_.commands.begin(number, index);
  partitions_.try_emplace(number);
}

bool Loader::awaits_fence() const {
  return std::ranges::any_of(partitions_, [](const auto& one) { return one.second.state == State::begun; });
}

void Loader::fence_asked() {
  for (auto& [number, partition] : partitions_)
    if (partition.state == State::begun) partition.state = State::asked;
}

void Loader::fenced() {
  for (auto& [number, partition] : partitions_) {
    if (partition.state != State::asked) continue;
    partition.state = State::loading;
    if (const book::Landmark last = parts_.book.index(number)->landmarks().noted()[0]; last.appended_at > 0)
      partition.age.read(last.appended_at, parts_.clock.now());
    parts_.backlogs.for_each(number, [this](Backlog& backlog) {
      resolve(backlog);
      if (!backlog.order) backlog.put_back(0);
      consider(backlog);
    });
  }
}

// The endpoint of a lane that an earlier owner had.
void Loader::resolve(Backlog& backlog) {
  const book::LaneName& name = *backlog.name;
  const registry::State* const state = parts_.routes.state();
  if (name.endpoint == kReplyEndpoint) {
    parts_.backlogs.belongs_to(backlog, parts_.endpoints.of(parts_.replies.match(name.tenant), state));
  } else if (const auto config = state->endpoint(name.tenant, name.endpoint);
             config && config->created_at == name.version) {
    const Match match{name.tenant + "/" + name.endpoint, config, backlog.priority, nullptr};
    parts_.backlogs.belongs_to(backlog, parts_.endpoints.of(match, state));
  }
  if (backlog.endpoint == nullptr || doomed_before(backlog) != 0) backlog.sweep_from(0);
  hurry_.consider(backlog);
}

void Loader::stop(std::int32_t number) {
  const auto found = partitions_.find(number);
  if (found == partitions_.end()) return;
  parts_.picks.cancel(number);
  hurry_.leave(number);
  found->second.state = State::stopped;
  found->second.run = 0;
  found->second.memory = {};
  found->second.asked.clear();
}

void Loader::leave(std::int32_t number) {
  stop(number);
  recent_.leave(number);
  for (auto& wanting : partitions_[number].wanting)
    while (wanting.pop_front() != nullptr) {
    }
  partitions_.erase(number);
  std::erase_if(parts_.book.stirred(), [number](const Backlog* backlog) { return backlog->partition == number; });
  parts_.commands.leave(number);
  parts_.backlogs.leave(number);
}

void Loader::offer(Backlog& backlog, const log::RecordPtr& record, const Match* match) {
  book::OpenIndex& index = *parts_.book.index(backlog.partition);
  const book::OpenPlace place{record->offset, backlog.lane};
  auto known = index.find(place);
  if (!known) return;  // it had come to its end before
  if (hurry_.arrived(backlog, place, *known)) known = index.find(place);
  put_in_order(backlog, place, *known);
  const bool ends = ends_at_once(backlog, *record, *known);
  if (ends ? !may_end_more() : !may_come(backlog, place, *known)) {
    leave_behind(backlog, place, *known, ends);
    if (!ends && !known->tried && takes(backlog) && !parts_.book.is_full(kMemoryShare)) recent_.add(record);
    return consider(backlog);
  }
  LoadedRecord& loaded = parts_.book.load(record, backlog);
  if (match)
    parts_.arrivals.take(loaded, backlog, *match, *known);
  else
    parts_.arrivals.load(loaded, backlog, *known);
  parts_.book.unpin(loaded);
}

// What is routed just now, and could be sent soon.
bool Loader::may_come(Backlog& backlog, book::OpenPlace place, const book::OpenDelivery& known) {
  if (known.tried && known.tried->what == Due::attempt) {
    const bool soon = known.tried->due <= parts_.clock.unix_millis() + kLoadedBefore.count();
    return soon && takes(backlog) && parts_.book.make_room(class_of(backlog), backlog);
  }
  if (known.tried) return parts_.book.make_room(class_of(backlog), backlog);
  if (backlog.order) return may_come_in_order(backlog, place, known);
  // What leaves memory for it may be of its own lane, where its class was another before.
  const auto nothing_before = [&] { return !backlog.behind && backlog.asked == 0; };
  return takes(backlog) && nothing_before() && backlog.ready < most_ready(backlog) &&
         parts_.book.make_room(class_of(backlog), backlog) && nothing_before();
}

void Loader::leave_behind(Backlog& backlog, book::OpenPlace place, const book::OpenDelivery& known, bool ends) {
  if (ends)
    backlog.sweep_from(place.offset);
  else
    wait_on_log(backlog, *parts_.book.index(backlog.partition), place.offset, known);
}

// An untried one comes again when it is its turn.
void Loader::put_back(Backlog& backlog, std::int64_t offset) {
  if (!backlog.order) return backlog.put_back(offset);
  const auto known = parts_.book.index(backlog.partition)->find({offset, backlog.lane});
  if (known) backlog.order->to_load(entry_of(offset, *known));
}

// Nothing is sent of it, whatever else is known.
bool Loader::ends_at_once(const Backlog& backlog, const log::StoredRecord& record, const book::OpenDelivery& known) {
  if (is_gone(backlog)) return true;
  return fate_of(backlog.endpoint->config(), record, known.priority) != registry::Fate::deliver;
}

bool Loader::waited_too_long(const log::StoredRecord& record) const {
  return record.appended_at < partitions_.at(record.partition).expired_before;
}

void Loader::routed(const log::StoredRecord& record) {
  if (options_.max_wait == Millis{0}) return;
  partitions_.at(record.partition).age.read(record.appended_at, parts_.clock.now());
}

// Lanes are swept whose lowest open event may be too old.
void Loader::look_for_old(std::int32_t number, Partition& partition) {
  const auto before = partition.age.look(options_.max_wait, parts_.clock.now());
  if (!before || *before <= partition.expired_before) return;
  partition.expired_before = *before;
  const book::OpenIndex& index = *parts_.book.index(number);
  parts_.backlogs.for_each(number, [&](Backlog& backlog) {
    const auto lowest = index.next_open(backlog.lane, 0);
    if (!lowest || index.append_times(*lowest).lowest >= *before) return;
    backlog.sweep_from(*lowest);
    consider(backlog);
  });
}

// It is marked in the index, as the record of the result is read but once.
void Loader::answered(const Commands::At& command, const log::StoredRecord& result) {
  book::OpenIndex& index = *parts_.book.index(command.partition);
  const auto rule = result.headers.get(log::names::kRule);
  const auto error = result.headers.get(log::names::kError);
  if (!index.answered(command.place, parts_.clock.unix_millis(), {std::string(rule), std::string(error), {}})) return;
  if (LoadedRecord* const record = parts_.book.loaded(command.partition, command.place.offset))
    if (Delivery* const delivery = Book::find(*record, command.place.lane))
      return parts_.recorder.answered(*delivery, rule, error);
  Backlog& backlog = parts_.backlogs.at(command.partition, command.place.lane);
  backlog.due.push_back(command.place.offset);
  consider(backlog);
}

void Loader::changed(Endpoint& endpoint) {
  const bool sweeps = std::exchange(endpoint.ends_anew, false) || endpoint.mode == Mode::deleted;
  for (Backlog* const backlog : endpoint.backlogs) {
    if (backlog == nullptr) continue;
    if (backlog->order) order_anew(*backlog);
    if (sweeps) backlog->sweep_from(0);
    if (partitions_.at(backlog->partition).state == State::loading) hurry_.consider(*backlog);
    consider(*backlog);
  }
  if (endpoint.mode == Mode::paused || endpoint.workers.open_until()) parts_.book.set_aside(endpoint);
}

bool Loader::woke(Endpoint& endpoint) {
  if (!std::exchange(endpoint.is_back, false) || !takes(endpoint.mode) || !endpoint.workers.closed()) return false;
  hurry_.probes(endpoint, [this](Backlog& backlog) { consider(backlog); });
  auto lowest = registry::Priority::critical;
  for (const Backlog* const backlog : endpoint.backlogs)
    if (backlog && backlog->counts->open() > 0) lowest = std::max(lowest, class_of(*backlog));
  return std::ranges::any_of(endpoint.backlogs, [&](const Backlog* backlog) {
    return backlog && backlog->counts->open() > 0 && backlog->is_behind() && class_of(*backlog) < lowest;
  });
}

// In which it is sent: its tenant may have no higher one.
registry::Priority Loader::class_of(const Backlog& backlog) const {
  if (backlog.endpoint == nullptr) return backlog.priority;
  const registry::Priority priority = backlog.order ? class_in_order(backlog) : backlog.priority;
  return std::max(priority, backlog.endpoint->limits->highest);
}

std::size_t Loader::most_ready(const Backlog& backlog) const {
  if (backlog.endpoint == nullptr) return kLeastReady;
  if (!backlog.endpoint->workers.closed()) return 1;  // the next probe
  const registry::Endpoint& config = backlog.endpoint->config();
  return std::max(kLeastReady,
                  2 * config.worker_urls().size() * static_cast<std::size_t>(std::max(1, config.concurrency)));
}

bool Loader::may_end_more() const { return parts_.outcomes.memory_bytes() < kEndingBytes; }

// For retries.
std::size_t Loader::room_for_tried(const Backlog& backlog) const {
  return most_ready(backlog) - std::min(most_ready(backlog), backlog.ready_tried);
}

bool Loader::wants_first(const Backlog& backlog) const {
  if (backlog.order) return wants_in_order(backlog);
  return backlog.behind && takes(backlog) && 2 * backlog.ready < most_ready(backlog);
}

bool Loader::wants_due(const Backlog& backlog) const {
  if (!backlog.due.empty()) return backlog.ready_tried < most_ready(backlog);
  return backlog.overdue && takes(backlog) && 2 * backlog.ready_tried < most_ready(backlog);
}

// One question at a time: what it brings comes before what is asked next.
bool Loader::wants(const Backlog& backlog) const {
  return backlog.asked == 0 && (backlog.sweep || wants_first(backlog) || wants_due(backlog));
}

void Loader::consider(Backlog& backlog) {
  auto& node = static_cast<NodeOf<WantingBacklogs>&>(backlog);
  if ((node.linked() && !backlog.order) || !wants(backlog)) return;
  const registry::Priority priority = class_of(backlog);
  if (node.linked() && backlog.listed <= priority) return;
  node.unlink();
  backlog.listed = priority;
  partitions_.at(backlog.partition).wanting[static_cast<std::size_t>(priority)].push_back(backlog);
}

void Loader::step() {
  for (Endpoint* const endpoint : parts_.endpoints.take_changed()) changed(*endpoint);
  hurry_.run([this](Backlog& backlog) { consider(backlog); });
  for (Backlog* const backlog : std::exchange(parts_.book.stirred(), {})) consider(*backlog);
  looks_on_ = false;
  refused_ = nullptr;
  while (parts_.book.is_full(kMemoryShare) && recent_.drop_oldest()) {
  }
  const bool looks_for_old = options_.max_wait > Millis{0} && parts_.clock.now() >= look_for_old_at_;
  if (looks_for_old) look_for_old_at_ = parts_.clock.now() + kMinute;
  for (auto& [number, partition] : partitions_) {
    if (partition.state != State::loading) continue;
    take_due(number, partition, *parts_.book.index(number));
    if (looks_for_old) look_for_old(number, partition);
    ask(number, partition);
  }
  // Who came later may have made room, and have taken none.
  looks_on_ = looks_on_ || (refused_ != nullptr && !parts_.book.is_full_for(*refused_, kMemoryShare));
}

void Loader::take_due(std::int32_t number, Partition& partition, book::OpenIndex& index) {
  const UnixMillis until = parts_.clock.unix_millis() + kLoadedBefore.count();
  if (!index.due_work(until)) return;
  due_.clear();
  partition.due_taken = std::max(partition.due_taken, until);
  index.take_due(until, kDueARound, due_);
  for (const book::OpenPlace place : due_) {
    if (is_loaded(number, place)) continue;
    Backlog& backlog = parts_.backlogs.at(number, place.lane);
    if (backlog.due.size() < kMostDue)
      backlog.due.push_back(place.offset);
    else
      backlog.look_for_due(place.offset);
    consider(backlog);
  }
}

bool Loader::is_loaded(std::int32_t partition, book::OpenPlace place) const {
  const LoadedRecord* const record = parts_.book.loaded(partition, place.offset);
  return record != nullptr && Book::find(*record, place.lane) != nullptr;
}

std::optional<SteadyTime> Loader::next_at() const {
  const SteadyTime now = parts_.clock.now();
  const UnixMillis until = parts_.clock.unix_millis() + kLoadedBefore.count();
  std::optional<SteadyTime> when;
  const auto earlier = [&when](SteadyTime at) { when = when ? std::min(*when, at) : at; };
  if (looks_on_ || hurry_.running()) earlier(now);
  if (options_.max_wait > Millis{0} && !partitions_.empty()) earlier(look_for_old_at_);
  for (const Backlog* const backlog : parts_.book.stirred())  // by what was sent in this round
    if (wants(*backlog)) earlier(now);
  for (const auto& [number, partition] : partitions_) {
    if (partition.state != State::loading) continue;
    const book::OpenIndex& index = *parts_.book.index(number);
    if (index.due_work(until)) earlier(now);
    if (index.counts().tried > 0) earlier(now + kLooksEvery);
    if (partition.run == 0 && partition.not_before > now) earlier(partition.not_before);
  }
  return when;
}

}  // namespace certes::dispatcher
