#include "gateway/stream/line_feed.hpp"

#include "common/event/structured.hpp"
#include "gateway/stream/sse.hpp"

namespace certes::gateway::stream {
namespace {

constexpr std::size_t kAtOnce = 64;

}  // namespace

bool LineFeed::post(Line line) {
  const std::size_t bytes = line.size();
  if (waiting_bytes_.fetch_add(bytes) + bytes > kMostWaitingBytes) {
    waiting_bytes_.fetch_sub(bytes);
    return false;
  }
  lines_.post(std::make_shared<Line>(std::move(line)));
  return true;
}

void LineFeed::add(const Watcher& watcher) {
  if (watcher.interest.has(Kind::log)) watchers_.fetch_add(1);
}

void LineFeed::remove(const Watcher& watcher) {
  if (watcher.interest.has(Kind::log)) watchers_.fetch_sub(1);
}

bool LineFeed::round() {
  if (!audience_.keeps_up()) return false;
  if (next_ == taken_.size()) {
    taken_.clear();
    next_ = 0;
    lines_.drain(taken_, kAtOnce);
  }
  for (std::size_t bytes = 0; next_ < taken_.size() && bytes < round_bytes_; ++next_) {
    waiting_bytes_.fetch_sub(taken_[next_]->size());
    bytes += show(*taken_[next_]);
  }
  return !taken_.empty();
}

std::size_t LineFeed::show(const Line& line) {
  const Sight sight{line.tenant, line.key, Kind::log};
  Text text;
  for (const auto& [interest, watchers] : audience_.groups()) {
    if (!takes(interest, sight)) continue;
    if (!text) {
      json_.clear();
      event::append_structured(json_, line.headers, line.value, document_);
      std::string made;
      made.reserve(json_.size() + 32);
      append_event(made, to_string(Kind::log), json_);
      text = unread_.share(line.tenant, std::move(made));
    }
    for (const Watcher* watcher : watchers) audience_.hand(*watcher, Chunk::What::shown, nullptr, text);
  }
  return text ? text->size() : 0;
}

}  // namespace certes::gateway::stream
