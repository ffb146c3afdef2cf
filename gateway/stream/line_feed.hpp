#pragma once
// LineFeed: log lines on their way to those who watch them. They are kept nowhere: what nobody watches, or comes faster
// than it can be shown, is let go. Who: Tail; loops post lines. watched and post: any thread, do not block; the rest is
// confined to the tail's thread.

#include <atomic>
#include <memory>
#include <string>

#include "common/base/mailbox.hpp"
#include "common/event/json_document.hpp"
#include "gateway/stream/audience.hpp"
#include "gateway/stream/unread.hpp"

namespace certes::gateway::stream {

struct Line {
  std::string tenant, key;
  log::Headers headers;  // ce_* and content-type, as a record of events has them
  std::string value;
  std::size_t size() const { return tenant.size() + key.size() + headers.bytes().size() + value.size(); }
};

class LineFeed {
 public:
  static constexpr std::size_t kMostWaitingBytes = 8u << 20;

  // `round_bytes`: to be shown at once, so that who reads has the chance to.
  LineFeed(Audience& audience, Unread& unread, std::function<void()> wake, std::size_t round_bytes)
      : audience_(audience), unread_(unread), round_bytes_(round_bytes), lines_(std::move(wake)) {}

  // Whether somebody watches log lines: else there is no use in making one.
  bool watched() const { return watchers_.load(std::memory_order_relaxed) != 0; }
  // False: it was let go, as too much waits to be shown.
  bool post(Line line);

  void add(const Watcher& watcher);
  void remove(const Watcher& watcher);
  // Shows what has come. True: there is more.
  bool round();

 private:
  std::size_t show(const Line& line);

  Audience& audience_;
  Unread& unread_;
  const std::size_t round_bytes_;
  std::atomic<std::size_t> watchers_{0};
  std::atomic<std::size_t> waiting_bytes_{0};
  Mailbox<std::shared_ptr<Line>> lines_;
  std::vector<std::shared_ptr<Line>> taken_;  // from next_ on
  std::size_t next_ = 0;
  event::JsonDocument document_;
  std::string json_;
};

}  // namespace certes::gateway::stream
