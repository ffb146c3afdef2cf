#pragma once
// ErasureWalk: goes through what the index of this process has of a tenant, events and then dead letters, for what an
// erasure is about. Who: its work, its dry run. Not for several threads at once; holds nothing of the index between two
// chunks.

#include <vector>

#include "api/erase/erased.hpp"
#include "api/history/lookup.hpp"

namespace certes::api {

class ErasureWalk {
 public:
  // `macs` outlives it.
  ErasureWalk(const registry::Job& job, const ErasureMacs& macs);

  struct Event {
    history::Place place;
    bool is_repeat = false;
  };
  struct Chunk {
    std::vector<Event> events;  // that it is about
    std::int64_t count = 0;     // events and dead letters, without the repeats
    bool last = false;          // there are no more
  };
  // Throws Failure.
  Chunk next(history::Lookup& lookup);

 private:
  Chunk next_events(history::Lookup& lookup);
  Chunk next_letters(history::Lookup& lookup);

  const Erased erased_;
  history::Filter events_;
  history::LetterFilter letters_;
  history::Cursor at_ = history::Cursor::before_all(history::Order::oldest_first), letters_at_;
  bool events_are_over_ = false;
};

}  // namespace certes::api
