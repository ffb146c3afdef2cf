#pragma once
// Outlet: the way from the tail to the watchers of one loop. The tail collects what it has for them in a round and
// hands it over at once; it reads no further before that is written, so that nobody is behind who reads. Who: Watchers
// has one per loop; tests have their own. hand: the tail's thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace certes::gateway::stream {

using WatcherId = std::uint64_t;
using Text = std::shared_ptr<const std::string>;

// Something for one watcher.
struct Chunk {
  enum class What : std::uint8_t {
    begun,    // the first: it will be shown all from here on
    shown,    // an event, or a notice
    beat,     // a sign of life
    refused,  // it is not shown anything: the log cannot be read
    crowded   // it is the one to go, as all of them together hold too much
  };
  WatcherId watcher = 0;
  What what = What::shown;
  Text id, text;  // either may be none
  std::size_t size() const { return (id ? id->size() : 0) + (text ? text->size() : 0); }
};

// How much of what it was handed a watcher has not read yet, in bytes.
struct Gauge {
  std::atomic<std::size_t> unwritten{0};  // on its way to the loop: the tail adds, the loop takes away
  std::atomic<std::size_t> buffered{0};   // in the loop, which alone writes it
  std::atomic<bool> catching_up{false};   // the tail wants to be woken when the buffer is empty; it alone writes it
  std::size_t waiting() const { return unwritten.load() + buffered.load(); }
};

class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void hand(std::vector<Chunk>&& chunks) = 0;
  // Batches that were handed over and are not written yet. When it comes down to 0, the tail is to be woken.
  std::atomic<int> behind{0};
};

}  // namespace certes::gateway::stream
