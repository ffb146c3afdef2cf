#pragma once
// Audience: the watchers, as the tail sees them: by what they ask to see, so that a record is matched once for all that
// ask for the same. Who: the tail's feeds. Confined to the tail's thread.

#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "gateway/stream/interest.hpp"
#include "gateway/stream/outlet.hpp"
#include "gateway/stream/positions.hpp"

namespace certes::gateway::stream {

struct Watcher {
  WatcherId id = 0;
  Interest interest;
  Outlet* outlet = nullptr;
  std::shared_ptr<Gauge> gauge;
  Positions from;  // of events: nothing below is for it; empty: from when it is added
  enum class Stage : std::uint8_t { live, queued, catching_up } stage = Stage::live;
};

class Audience {
 public:
  Watcher& add(Watcher watcher);
  void remove(WatcherId id);
  Watcher* find(WatcherId id);
  std::size_t size() const { return watchers_.size(); }

  using Groups = std::map<Interest, std::vector<Watcher*>>;
  const Groups& groups() const { return groups_; }

  void hand(const Watcher& watcher, Chunk::What what, Text id, Text text);
  // Those of the tenant's that are furthest behind are told to go, until so many bytes that wait for them go with them.
  void crowd_out(std::string_view tenant, std::size_t bytes);
  // Hands over what was collected.
  void flush();
  // Whether every outlet has written what it was handed, as far as the sockets of those who watch take it.
  bool keeps_up() const;

 private:
  std::map<WatcherId, std::unique_ptr<Watcher>> watchers_;
  Groups groups_;
  std::map<Outlet*, std::vector<Chunk>> collected_;  // outlets stay as long as the tail
};

}  // namespace certes::gateway::stream
