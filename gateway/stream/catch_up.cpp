#include "gateway/stream/catch_up.hpp"

#include <algorithm>

namespace certes::gateway::stream {
namespace {

constexpr std::size_t kPage = 64;

}  // namespace

void CatchUp::begin(std::vector<Watcher*> members) {
  members_ = std::move(members);
  const Positions& live = live_.live();
  at_ = live;
  cursors_.clear();
  for (Watcher* member : members_) {
    member->stage = Watcher::Stage::catching_up;
    member->gauge->catching_up = true;
    for (std::size_t p = 0; p < at_.size(); ++p) at_[p] = std::min(at_[p], member->from[p]);
  }
  for (std::size_t p = 0; p < at_.size(); ++p) {
    cursors_.emplace_back(log_, log::Topic::events, static_cast<std::int32_t>(p), wake_);
    if (at_[p] < live[p]) cursors_[p].go_to(at_[p]);
  }
  turn_ = next_ = 0;
  page_.clear();
}

bool CatchUp::members_can_take() const {
  return std::all_of(members_.begin(), members_.end(),
                     [this](const Watcher* member) { return member->gauge->waiting() <= step_bytes_; });
}

bool CatchUp::step() {
  if (std::none_of(cursors_.begin(), cursors_.end(), [](const auto& cursor) { return cursor.open(); })) {
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
  for (std::size_t tried = 0; tried < cursors_.size(); ++tried) {
    turn_ = (turn_ + 1) % cursors_.size();
    log::Cursor& cursor = cursors_[turn_];
    if (!cursor.open()) continue;
    const auto read = cursor.read(kPage, page_);
    if (read && !page_.empty()) return true;
    page_.clear();
    if (const auto what = cursor.gone()) {
      gone(turn_, *what);
      return true;
    }
    if (read) settle_page();
    if (!cursor.open()) return true;
  }
  return false;
}

// The page has been shown.
void CatchUp::settle_page() {
  at_[turn_] = std::max(at_[turn_], cursors_[turn_].position());
  page_.clear();
  next_ = 0;
  if (at_[turn_] >= live_.live()[turn_]) join(turn_);
}

// What was to be read there is no more on the log.
void CatchUp::gone(std::size_t partition, const log::Cursor::Gone& gone) {
  live_.tell_gap(members_);
  const std::int64_t live = live_.live()[partition];
  at_[partition] = gone.why == log::Cursor::Gone::trimmed ? gone.range.start : live;
  if (at_[partition] >= live) join(partition);
}

void CatchUp::join(std::size_t partition) {
  cursors_[partition].close();
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
  cursors_.clear();
  page_.clear();
  next_ = 0;
}

Positions CatchUp::positions_of(const Watcher& member) const {
  Positions positions = live_.live();
  for (std::size_t p = 0; p < positions.size(); ++p)
    if (cursors_[p].open()) positions[p] = std::max(at_[p], member.from[p]);
  return positions;
}

}  // namespace certes::gateway::stream
