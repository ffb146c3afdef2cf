#pragma once
// Watchers: the clients of one loop that watch: their streams, written as the tail hands over what they are to see. One
// that does not read is dropped, with a notice, when more than the bound waits for it; and where all places are taken,
// a tenant's newest where another tenant's needs its place. Who: the gateway, one per loop. Confined to its loop; hand
// is the tail's. Destroyed after the server has stopped and the tail is gone.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "common/http/server/server.hpp"
#include "common/metrics/metrics.hpp"
#include "gateway/access/places.hpp"
#include "gateway/stream/tail.hpp"

namespace certes::gateway::stream {

// What the loops share.
class Crowd {
 public:
  Crowd(metrics::Metrics& metrics, std::size_t most, std::size_t buffer_bytes);
  WatcherId next_id() { return last_id_.fetch_add(1) + 1; }
  std::size_t buffer_bytes() const { return buffer_bytes_; }

  Places places;
  metrics::Counter shown, dropped, refused;

 private:
  const std::size_t buffer_bytes_;
  std::atomic<WatcherId> last_id_{0};
};

class Watchers final : public Outlet {
 public:
  Watchers(http::Loop& loop, Tail& tail, Crowd& crowd);
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  // Answers with the stream, or 503 where there are too many, or the log cannot be read. `tenant`: whose place it
  // takes. `from`: where to go on; empty: from now on. `may_stay` is asked at each heartbeat: false ends the stream.
  void begin(http::Exchange exchange, std::string_view tenant, Interest interest, Positions from,
             std::function<bool()> may_stay);

  void hand(std::vector<Chunk>&& chunks) override;

 private:
  struct Client {
    Places::Place place;
    std::optional<http::Exchange> exchange;  // until it has begun
    http::Stream stream;
    std::shared_ptr<Gauge> gauge = std::make_shared<Gauge>();
    std::function<bool()> may_stay;
  };
  void write(const std::vector<Chunk>& chunks);
  void write(const Chunk& chunk);
  void begun(WatcherId id, Client& client);
  void give_way(WatcherId id);
  http::Response too_many();
  void notify_and_end(WatcherId id, Client& client, std::string_view name, std::string_view why);
  void forget(WatcherId id);

  http::Loop& loop_;
  Tail& tail_;
  Crowd& crowd_;
  std::unordered_map<WatcherId, Client> clients_;
  int written_ = 0;  // batches, in this round
  std::string scratch_;
};

}  // namespace certes::gateway::stream
