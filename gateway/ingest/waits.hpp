#pragma once
// Waits: one loop's requests that wait for what becomes of their event (Prefer: wait). The tail is told of the event
// before it is appended; once that is durable, its 202 is kept here until the outcome is known, or the time is over.
// Who: Intake and command intake, one per loop. Confined to its loop. Destroyed after the server has stopped and the
// tail is gone. Where their places are all taken, a tenant's newest may have to give way to another's: it is answered
// as if its time were over.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/http/server/server.hpp"
#include "common/metrics/metrics.hpp"
#include "gateway/access/places.hpp"
#include "gateway/ingest/acceptor.hpp"
#include "gateway/stream/tail.hpp"

namespace certes::gateway::ingest {

// What the loops share.
class WaitingRoom {
 public:
  WaitingRoom(metrics::Metrics& metrics, std::size_t most);
  // Nothing: there is no place for this tenant. `told` where it is to stop waiting (Places::Told).
  Places::Place enter(std::string_view tenant, Places::Told told);
  stream::WaiterId next_id() { return last_id_.fetch_add(1) + 1; }
  void count(std::string_view status);

 private:
  Places places_;
  metrics::Counter refused_, delivered_, failed_, unmatched_, accepted_;
  std::atomic<stream::WaiterId> last_id_{0};
};

class Waits {
 public:
  Waits(http::Loop& loop, const Clock& clock, stream::Tail& tail, WaitingRoom& room)
      : loop_(loop), clock_(clock), tail_(tail), room_(room) {}
  Waits(const Waits&) = delete;
  Waits& operator=(const Waits&) = delete;

  // What the Acceptor is given.
  struct Offer {
    std::vector<event::Event> events;
    bool batch = false;
    std::shared_ptr<const Reply> reply;
    std::string source;
    Acceptor::Aim aim;
    IdempotencyIndex::Claim claim;
  };
  // Gives it to the Acceptor: at once, or where the request prefers to wait for its event, when the tail knows of that.
  // Batches, and what comes when the room is full, do not wait.
  void accept(Acceptor& acceptor, const http::Request& request, Offer&& offer, http::Exchange exchange);

 private:
  using Append = std::function<void(Acceptor::Then)>;  // no Then: it is not waited for after all
  void begin(stream::WaiterId id, std::chrono::seconds limit, Places::Place place, const std::string& event_id,
             Append append);
  struct Held {
    Places::Place place;
    std::string preference;  // "wait=N"
    SteadyTime until{};
    Append append;
    std::optional<http::Exchange> exchange;  // once its event is durable, with the answer it would get
    http::Response response;
    http::Loop::TimerId timer = 0;
  };
  void ready(stream::WaiterId id, bool watched);
  void durable(stream::WaiterId id, http::Exchange exchange, http::Response&& response, std::int32_t partition);
  void give_way(stream::WaiterId id);
  void settle(const stream::Verdict& verdict);

  http::Loop& loop_;
  const Clock& clock_;
  stream::Tail& tail_;
  WaitingRoom& room_;
  std::unordered_map<stream::WaiterId, Held> held_;
};

}  // namespace certes::gateway::ingest
