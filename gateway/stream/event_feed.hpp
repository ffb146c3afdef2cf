#pragma once
// EventFeed: what stands in `events`, as it comes, to the watchers of events, commands and results. It reads only while
// there are some: all partitions from their ends on, and for those that resume what they have missed (CatchUp).
// Who: Tail. Confined to its thread; add blocks for the log's offsets, the rest does not.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/event/json_document.hpp"
#include "common/log/cursor.hpp"
#include "gateway/stream/audience.hpp"
#include "gateway/stream/catch_up.hpp"
#include "gateway/stream/unread.hpp"

namespace certes::gateway::stream {

class EventFeed final : private CatchUp::Live {
 public:
  // `buffer_bytes`: that a watcher may be behind; one that catches up is kept at half of it.
  EventFeed(log::Log& log, Audience& audience, Unread& unread, log::Wake wake, std::size_t buffer_bytes);

  // Begins to show events to it. Error: the log cannot be read now; nothing has changed.
  Result<void> add(Watcher& watcher);
  void remove(const Watcher& watcher);  // before the audience does
  // Shows what there is. True: there may be more at once; false: a wake-up comes.
  bool round();
  Text id_of(const Watcher& watcher) const;
  bool reading() const { return watchers_ != 0; }

 private:
  const Positions& live() const override { return live_; }
  std::size_t show(const log::StoredRecord& record, const std::vector<Watcher*>& members) override;
  void tell_gap(const std::vector<Watcher*>& members) override;

  Result<void> open();
  void close();
  void grow();
  Result<bool> check_future(Watcher& watcher);
  // One partition's live feed: where it is, and what was read and not shown.
  struct Lane {
    explicit Lane(log::Cursor at) : cursor(std::move(at)) {}
    log::Cursor cursor;
    std::vector<log::RecordPtr> page;
    std::size_t next = 0;
  };
  // A tenant's watchers that resume: they have a pass of their own, so that nobody waits for another tenant's that have
  // far to go, or do not read.
  struct Resuming {
    explicit Resuming(EventFeed& feed) : pass(feed.log_, feed, feed.wake_, feed.step_bytes_) {}
    bool over() const { return queued.empty() && pass.idle(); }
    std::vector<Watcher*> queued;  // for the next pass
    CatchUp pass;
  };
  void queue(Watcher& watcher);
  bool resume();
  bool read(std::size_t partition, std::size_t& bytes_left);
  bool fill(std::size_t partition);
  std::size_t show_live(const log::StoredRecord& record);
  void add_lane();
  void gone(std::size_t partition, const log::Cursor::Gone& gone);
  bool is_for(const Watcher& watcher, const log::StoredRecord& record) const;
  // A record's text, made once for all who ask for the same of it.
  class Texts;
  Text render(const log::StoredRecord& record, const Sight& sight, bool headers);

  log::Log& log_;
  Audience& audience_;
  Unread& unread_;
  const log::Wake wake_;
  const std::size_t round_bytes_;
  std::size_t watchers_ = 0;
  std::vector<Lane> lanes_;  // by partition, while somebody watches
  Positions live_;
  std::size_t turn_ = 0;                                   // the partition that comes first
  const std::size_t step_bytes_;                           // of a pass
  std::map<std::string, Resuming, std::less<>> resuming_;  // by tenant
  std::string resumed_;                                    // whose pass had the last turn
  event::JsonDocument document_;
  std::string json_;
};

}  // namespace certes::gateway::stream
