// Room for what is unfinished: who gives way when the loops of a server hold too much together.

#include "common/http/server/server_loop.hpp"

namespace certes::http {

void ServerLoop::weigh(Connection& connection, std::size_t bytes, bool moved) {
  const bool more = bytes > connection.held_bytes;
  unfinished_.set(connection, bytes, moved, now());
  if (more) relieve();
}

// The oldest of all loops goes first; a loop that must wait for another to give way goes on meanwhile, but only so far.
void ServerLoop::relieve() {
  UnfinishedBudget& budget = shared_.counters->unfinished;
  while (budget.exceeded() && unfinished_.oldest()) {
    const std::size_t oldest = budget.loop_of_oldest();
    if (oldest != static_cast<std::size_t>(index())) {
      shared_.loops[oldest]->ask_for_relief();
      if (!budget.far_exceeded()) return;
    }
    give_up_oldest();
  }
}

// Any thread.
void ServerLoop::ask_for_relief() {
  if (relief_asked_.exchange(true)) return;
  post([this] {
    relief_asked_ = false;
    if (shared_.counters->unfinished.exceeded()) give_up_oldest();
    relieve();
  });
}

void ServerLoop::give_up_oldest() {
  if (UnfinishedList::Holder* oldest = unfinished_.oldest()) static_cast<Connection*>(oldest)->give_up_unfinished();
}

}  // namespace certes::http
