#pragma once
// Hurry: makes what has failed and not ended due now: what failed as the probe of a breaker that has closed since; and
// all of it, where that was asked of an endpoint (registry::Retry): lane by
// lane, in the index and in memory, a bounded part a round. How far that has come stands beside the lane (LaneNotes),
// which goes with the checkpoint that shows it, so that the next owner goes on, and nothing is hurried by it again. How
// much is sent is the scheduler's affair. Who: loader. Confined to the core loop.

#include <cstdint>
#include <functional>
#include <vector>

#include "dispatcher/book/book.hpp"
#include "dispatcher/loading/backlog.hpp"

namespace certes::dispatcher {

class Hurry {
 public:
  // Both outlive it.
  Hurry(Book& book, const Clock& clock) : book_(book), clock_(clock) {}

  // The lane's endpoint is known, or has changed. Precondition: its partition is loaded from.
  void consider(Backlog& backlog);
  void leave(std::int32_t partition);
  // Of a record that was routed just now: whether it was tried by who had the partition before, and is due now. What
  // the lane's notes say is of what stood in its checkpoint, and not of that.
  bool arrived(const Backlog& backlog, book::OpenPlace place, const book::OpenDelivery& known);
  // Its breaker has closed. `due`: as with run.
  void probes(const Endpoint& endpoint, const std::function<void(Backlog&)>& due);
  // One round. `due`: is given lanes of which something has become due.
  void run(const std::function<void(Backlog&)>& due);
  bool running() const { return !lanes_.empty(); }

 private:
  bool look(Backlog& backlog, std::size_t& left);
  bool make_due(Backlog& backlog, book::OpenPlace place, UnixMillis since);
  void bring(Backlog& backlog, book::OpenPlace place);

  Book& book_;
  const Clock& clock_;
  std::vector<Backlog*> lanes_;  // that are looked through
};

}  // namespace certes::dispatcher
