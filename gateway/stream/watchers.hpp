#pragma once
// Watchers: the clients of one loop that watch: their streams, written as the tail hands over what they are to see. One
// that does not read is dropped, with a notice, when more than the bound waits for it, or when all of them together
// hold too much (Unread) and it is the one that is furthest behind; and where all places are taken, a tenant's newest
// where another tenant's needs its place. Who: the gateway, one per loop. Confined to its loop; hand is the tail's.
// Destroyed after the server has stopped and the tail is gone.
//
// What is handed over goes into each client's Backlog, and from there in slices to the streams whose sockets take it: a
// few in each round of the loop, so that nobody else waits for long, and the next round comes at once. The tail goes on
// when each client has taken all, or its socket no more.

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "common/http/server/server.hpp"
#include "common/metrics/metrics.hpp"
#include "gateway/access/places.hpp"
#include "gateway/stream/backlog.hpp"
#include "gateway/stream/tail.hpp"
#include "gateway/stream/unread.hpp"

namespace certes::gateway::stream {

// What the loops share.
class Crowd {
 public:
  // `buffer_bytes`: that may wait for one; `buffers_bytes`: the memory of what waits for all.
  Crowd(metrics::Metrics& metrics, std::size_t most, std::size_t buffer_bytes, std::size_t buffers_bytes);
  WatcherId next_id() { return last_id_.fetch_add(1) + 1; }
  std::size_t buffer_bytes() const { return buffer_bytes_; }

  Places places;
  const std::shared_ptr<Unread> unread;
  metrics::Counter shown, dropped, crowded_out, refused;

 private:
  const std::size_t buffer_bytes_;
  std::atomic<WatcherId> last_id_{0};
};

class Watchers final : public Outlet {
 public:
  static constexpr std::size_t kSlice = 16u << 10;    // written to one at a time, and held by one that does not read
  static constexpr std::size_t kSlicesOfRound = 128;  // of all: a few milliseconds

  Watchers(http::Loop& loop, Tail& tail, Crowd& crowd);
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  // Answers with the stream, or 503 where there are too many, or the log cannot be read. `tenant`: whose place it
  // takes. `from`: where to go on; empty: from now on. `may_stay` is asked at each heartbeat: false ends the stream.
  void begin(http::Exchange exchange, std::string_view tenant, Interest interest, Positions from,
             std::function<bool()> may_stay);

  void hand(std::vector<Chunk>&& chunks) override;

 private:
  // Whose turn it is to be written to.
  enum class Turn : std::uint8_t {
    none,    // nothing waits, or the socket takes no more
    queued,  // for a slice
    tried    // has got one in this round: the socket is still to take it
  };
  struct Client {
    Client(Places::Place&& its_place, Unread::Charge&& its_charge)
        : place(std::move(its_place)), charge(std::move(its_charge)) {}
    std::size_t waiting() const { return backlog.bytes() + stream.buffered(); }

    Places::Place place;
    Unread::Charge charge;
    Backlog backlog;
    Turn turn = Turn::none;
    bool leaving = false;                    // what waits is its last
    bool owed = false;                       // the tail waits for it
    std::optional<http::Exchange> exchange;  // until it has begun
    http::Stream stream;
    std::shared_ptr<Gauge> gauge = std::make_shared<Gauge>();
    std::function<bool()> may_stay;
  };
  void take(const std::vector<Chunk>& chunks);
  void take(const Chunk& chunk);
  void queue(WatcherId id, Client& client);
  void round();
  void settle_tried();
  void write_slices();
  void write_slice(WatcherId id, Client& client);
  void weigh(Client& client);
  void forgive(Client& client);
  void begun(WatcherId id, Client& client);
  void drained(WatcherId id);
  void give_way(WatcherId id);
  http::Response too_many();
  void notify_and_end(WatcherId id, Client& client, std::string_view name, std::string_view why);
  void crowd_out(WatcherId id, Client& client);
  void forget(WatcherId id);

  http::Loop& loop_;
  Tail& tail_;
  Crowd& crowd_;
  std::unordered_map<WatcherId, Client> clients_;
  int taken_ = 0;         // batches, that the tail waits for
  std::size_t owed_ = 0;  // clients, that it waits for
  std::deque<WatcherId> queued_;
  std::vector<WatcherId> tried_;
  std::string scratch_;
};

}  // namespace certes::gateway::stream
