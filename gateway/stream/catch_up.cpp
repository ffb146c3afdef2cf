#include "gateway/stream/catch_up.hpp"

#include <algorithm>

namespace certes::gateway::stream {
namespace {

constexpr std::size_t kPage = 64;
constexpr Millis kLook{2'000};

}  // namespace

void CatchUp::begin(std::vector<Watcher*> members) {
  members_ = std::move(members);
  const Positions& live = live_.live();
  at_ = live;
  readers_.clear();
  readers_.resize(live.size());
  for (Watcher* member : members_) {
    member->stage = Watcher::Stage::catching_up;
    member->gauge->catching_up = true;
    for (std::size_t p = 0; p < at_.size(); ++p) at_[p] = std::min(at_[p], member->from[p]);
  }
  for (std::size_t p = 0; p < at_.size(); ++p)
    if (at_[p] < live[p]) readers_[p] = log_.reader(log::Topic::events, static_cast<std::int32_t>(p), at_[p], wake_);
  turn_ = next_ = 0;
  page_.clear();
}

bool CatchUp::members_can_take() const {
  return std::all_of(members_.begin(), members_.end(),
                     [this](const Watcher* member) { return member->gauge->waiting() <= step_bytes_; });
}

bool CatchUp::step() {
  if (std::none_of(readers_.begin(), readers_.end(), [](const auto& reader) { return reader != nullptr; })) {
    end();
    return false;
  }
  if (!members_can_take()) return false;
  if (next_ == page_.size()) {
    const bool more = read_page();
    if (page_.empty()) return more;
  }
  for (std::size_t bytes = 0; next_ < page_.size() && bytes < step_bytes_;) {
    const log::StoredRecord& record = *page_[next_++];
    if (record.offset >= live_.live()[turn_]) {
      join(turn_);
      return true;
    }
    at_[turn_] = record.offset + 1;
    bytes += live_.show(record, members_);
  }
  if (next_ == page_.size()) settle_page();
  return true;
}

// Of the next partition that has something. False: none has, for now.
bool CatchUp::read_page() {
  page_.clear();
  next_ = 0;
  for (std::size_t tried = 0; tried < readers_.size(); ++tried) {
    turn_ = (turn_ + 1) % readers_.size();
    if (!readers_[turn_]) continue;
    const auto read = readers_[turn_]->read(kPage, page_);
    if (!read && read.error().code == Code::not_found) {
      page_.clear();
      return lost(turn_);
    }
    if (read && !page_.empty()) return true;
    page_.clear();
    if (read) settle_page();
    if (!readers_[turn_]) return true;
  }
  return false;
}

// The page has been shown.
void CatchUp::settle_page() {
  at_[turn_] = std::max(at_[turn_], readers_[turn_]->position());
  page_.clear();
  next_ = 0;
  if (at_[turn_] >= live_.live()[turn_]) join(turn_);
}

// What was to be read there is no more on the log. False: nor is it known where to go on, for now.
bool CatchUp::lost(std::size_t partition) {
  const auto number = static_cast<std::int32_t>(partition);
  const auto range = log_.offsets(log::Topic::events, number, kLook);
  if (!range) return false;
  live_.tell_gap(members_);
  at_[partition] = at_[partition] < range->start ? range->start : live_.live()[partition];
  if (at_[partition] >= live_.live()[partition])
    join(partition);
  else
    readers_[partition] = log_.reader(log::Topic::events, number, at_[partition], wake_);
  return true;
}

void CatchUp::join(std::size_t partition) {
  readers_[partition].reset();
  page_.clear();
  next_ = 0;
}

void CatchUp::end() {
  for (Watcher* member : members_) {
    member->stage = Watcher::Stage::live;
    member->gauge->catching_up = false;
  }
  members_.clear();
}

void CatchUp::forget(const Watcher& watcher) {
  std::erase(members_, &watcher);
  if (!members_.empty()) return;
  readers_.clear();
  page_.clear();
  next_ = 0;
}

Positions CatchUp::positions_of(const Watcher& member) const {
  Positions positions = live_.live();
  for (std::size_t p = 0; p < positions.size(); ++p)
    if (readers_[p]) positions[p] = std::max(at_[p], member.from[p]);
  return positions;
}

}  // namespace certes::gateway::stream
