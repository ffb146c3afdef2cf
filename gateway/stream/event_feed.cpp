#include "gateway/stream/event_feed.hpp"

#include "common/event/structured.hpp"
#include "gateway/stream/sse.hpp"

namespace certes::gateway::stream {
namespace {

constexpr std::size_t kPage = 16;
constexpr Millis kLook{2'000};

Text id_text(const Positions& positions) {
  auto text = std::make_shared<std::string>();
  append_id(*text, to_id(positions));
  return text;
}

Text gap_text() {
  auto text = std::make_shared<std::string>();
  append_event(*text, "gap", R"({"detail":"some of what came meanwhile is no longer on the log"})");
  return text;
}

}  // namespace

EventFeed::EventFeed(log::Log& log, Audience& audience, Unread& unread, log::Wake wake, std::size_t buffer_bytes)
    : log_(log),
      audience_(audience),
      unread_(unread),
      wake_(std::move(wake)),
      round_bytes_(buffer_bytes / 8),
      step_bytes_(buffer_bytes / 2) {}

Result<void> EventFeed::open() {
  const auto partitions = static_cast<std::size_t>(log_.partitions());
  live_.assign(partitions, 0);
  for (std::size_t p = 0; p < partitions; ++p) {
    const auto range = log_.offsets(log::Topic::events, static_cast<std::int32_t>(p), kLook);
    if (!range) return fail(range.error());
    live_[p] = range->end;
  }
  while (lanes_.size() < partitions) add_lane();
  return {};
}

void EventFeed::add_lane() {
  const std::size_t partition = lanes_.size();
  lanes_.emplace_back(log::Cursor(log_, log::Topic::events, static_cast<std::int32_t>(partition), wake_));
  lanes_.back().cursor.go_to(live_[partition]);
}

void EventFeed::close() { lanes_.clear(); }

// Partitions that were added are watched from their begin; not while a pass is under way, which is of those before.
void EventFeed::grow() {
  const auto partitions = static_cast<std::size_t>(log_.partitions());
  if (lanes_.size() == partitions || !resuming_.empty()) return;
  live_.resize(partitions, 0);
  while (lanes_.size() < partitions) add_lane();
  for (const auto& [interest, watchers] : audience_.groups())
    for (Watcher* watcher : watchers)
      if (interest.of_events()) watcher->from.resize(partitions, 0);
}

Result<void> EventFeed::add(Watcher& watcher) {
  if (watchers_ == 0)
    if (auto opened = open(); !opened) return opened;
  if (watcher.from.empty()) watcher.from = live_;
  watcher.from.resize(live_.size(), 0);
  const auto gap = check_future(watcher);
  if (!gap) {
    if (watchers_ == 0) close();
    return fail(gap.error());
  }
  ++watchers_;
  for (std::size_t p = 0; p < live_.size(); ++p)
    if (watcher.from[p] < live_[p]) watcher.stage = Watcher::Stage::queued;
  if (watcher.stage == Watcher::Stage::queued) queue(watcher);
  audience_.hand(watcher, Chunk::What::begun, id_of(watcher), nullptr);
  if (*gap) tell_gap({&watcher});
  return {};
}

// A position above the live one: another gateway was a little ahead of this one, or it is of a log that is no more.
// True: the latter.
Result<bool> EventFeed::check_future(Watcher& watcher) {
  bool gap = false;
  for (std::size_t p = 0; p < live_.size(); ++p) {
    if (watcher.from[p] <= live_[p]) continue;
    const auto range = log_.offsets(log::Topic::events, static_cast<std::int32_t>(p), kLook);
    if (!range) return fail(range.error());
    if (watcher.from[p] <= range->end) continue;
    watcher.from[p] = live_[p];
    gap = true;
  }
  return gap;
}

void EventFeed::remove(const Watcher& watcher) {
  if (const auto found = resuming_.find(watcher.interest.tenant); found != resuming_.end()) {
    std::erase(found->second.queued, &watcher);
    found->second.pass.forget(watcher);
    if (found->second.over()) resuming_.erase(found);
  }
  if (--watchers_ == 0) close();
}

bool EventFeed::round() {
  if (watchers_ == 0 || !audience_.keeps_up()) return false;
  grow();
  bool more = false;
  std::size_t bytes_left = round_bytes_;
  turn_ = (turn_ + 1) % lanes_.size();
  for (std::size_t i = 0; i < lanes_.size(); ++i) more = read((turn_ + i) % lanes_.size(), bytes_left) || more;
  return resume() || more;
}

void EventFeed::queue(Watcher& watcher) {
  const auto own = resuming_.try_emplace(watcher.interest.tenant, *this).first;
  own->second.queued.push_back(&watcher);
}

// A step of the next pass that can take one. False: none can, for now.
bool EventFeed::resume() {
  auto at = resuming_.upper_bound(resumed_);
  for (std::size_t left = resuming_.size(); left > 0; --left) {
    if (at == resuming_.end()) at = resuming_.begin();
    Resuming& own = at->second;
    resumed_ = at->first;
    if (own.pass.idle()) own.pass.begin(std::exchange(own.queued, {}));
    const bool stepped = own.pass.step() || (own.pass.idle() && !own.queued.empty());
    at = own.over() ? resuming_.erase(at) : std::next(at);
    if (stepped) return true;
  }
  return false;
}

// No more than a round's bytes: who reads must have the chance to.
bool EventFeed::read(std::size_t partition, std::size_t& bytes_left) {
  Lane& lane = lanes_[partition];
  if (lane.next == lane.page.size() && !fill(partition)) return false;
  while (lane.next < lane.page.size() && bytes_left > 0) {
    const log::StoredRecord& record = *lane.page[lane.next++];
    live_[partition] = record.offset + 1;
    bytes_left -= std::min(bytes_left, show_live(record));
  }
  if (lane.next == lane.page.size()) live_[partition] = std::max(live_[partition], lane.cursor.position());
  return true;
}

// False: there is nothing now.
bool EventFeed::fill(std::size_t partition) {
  Lane& lane = lanes_[partition];
  lane.page.clear();
  lane.next = 0;
  const auto read = lane.cursor.read(kPage, lane.page);
  if (const auto what = lane.cursor.gone()) {
    gone(partition, *what);
  } else if (!read) {
    lane.page.clear();
  } else if (lane.page.empty()) {
    live_[partition] = std::max(live_[partition], lane.cursor.position());
  }
  return !lane.page.empty();
}

// Of another log all is new, and nobody has asked for what stands in it.
void EventFeed::gone(std::size_t partition, const log::Cursor::Gone& gone) {
  live_[partition] = gone.why == log::Cursor::Gone::trimmed ? gone.range.start : gone.range.end;
  if (gone.why == log::Cursor::Gone::replaced) lanes_[partition].cursor.go_to(live_[partition]);
  for (const auto& [interest, watchers] : audience_.groups())
    if (interest.of_events()) tell_gap(watchers);
}

bool EventFeed::is_for(const Watcher& watcher, const log::StoredRecord& record) const {
  if (watcher.stage == Watcher::Stage::queued) return false;
  if (watcher.stage == Watcher::Stage::catching_up &&
      resuming_.find(watcher.interest.tenant)->second.pass.reads(record.partition))
    return false;
  return record.offset >= watcher.from[static_cast<std::size_t>(record.partition)];
}

class EventFeed::Texts {
 public:
  Texts(EventFeed& feed, const log::StoredRecord& record, const Sight& sight)
      : feed_(feed), record_(record), sight_(sight) {}
  const Text& of(const Interest& interest) {
    Text& text = interest.headers ? received_ : event_;
    if (!text) bytes_ += (text = feed_.render(record_, sight_, interest.headers))->size();
    return text;
  }
  std::size_t bytes() const { return bytes_; }  // of those that were made

 private:
  EventFeed& feed_;
  const log::StoredRecord& record_;
  const Sight& sight_;
  Text event_, received_;
  std::size_t bytes_ = 0;
};

std::size_t EventFeed::show_live(const log::StoredRecord& record) {
  const auto sight = sight_of(record);
  if (!sight) return 0;
  Texts texts(*this, record, *sight);
  Text id;
  for (const auto& [interest, watchers] : audience_.groups()) {
    if (!takes(interest, *sight)) continue;
    for (const Watcher* watcher : watchers) {
      if (!is_for(*watcher, record)) continue;
      const bool live = watcher->stage == Watcher::Stage::live;
      if (live && !id) id = id_text(live_);
      audience_.hand(*watcher, Chunk::What::shown, live ? id : id_of(*watcher), texts.of(interest));
    }
  }
  return texts.bytes();
}

std::size_t EventFeed::show(const log::StoredRecord& record, const std::vector<Watcher*>& members) {
  const auto sight = sight_of(record);
  if (!sight) return 0;
  Texts texts(*this, record, *sight);
  for (const Watcher* member : members) {
    if (record.offset < member->from[static_cast<std::size_t>(record.partition)]) continue;
    if (!takes(member->interest, *sight)) continue;
    audience_.hand(*member, Chunk::What::shown, id_of(*member), texts.of(member->interest));
  }
  return texts.bytes();
}

void EventFeed::tell_gap(const std::vector<Watcher*>& members) {
  const Text text = gap_text();
  for (const Watcher* member : members) audience_.hand(*member, Chunk::What::shown, nullptr, text);
}

Text EventFeed::render(const log::StoredRecord& record, const Sight& sight, bool headers) {
  json_.clear();
  event::append_structured(json_, record.headers, record.value, document_,
                           headers ? event::Detail::received : event::Detail::event);
  std::string text;
  text.reserve(json_.size() + 32);
  append_event(text, to_string(sight.kind), json_);
  return unread_.share(sight.tenant, std::move(text));
}

Text EventFeed::id_of(const Watcher& watcher) const {
  switch (watcher.stage) {
    case Watcher::Stage::queued: return id_text(watcher.from);
    case Watcher::Stage::catching_up:
      return id_text(resuming_.find(watcher.interest.tenant)->second.pass.positions_of(watcher));
    case Watcher::Stage::live: break;
  }
  return id_text(live_);
}

}  // namespace certes::gateway::stream
