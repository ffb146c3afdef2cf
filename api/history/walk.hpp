#pragma once
// Walk: goes through the events that a filter asks for, a chunk of one of the index's lists at a time, from either end.
// It may stop behind any event and go on there later, here or in another process. Who: the list of events, jobs. Not
// for several threads at once; holds nothing of the index between two chunks.

#include <optional>
#include <vector>

#include "api/history/filter.hpp"
#include "api/history/lookup.hpp"

namespace certes::api::history {

class Walk {
 public:
  static constexpr std::size_t kChunk = 256;  // rows that are looked at at once

  Walk(Filter filter, Order order, const Cursor& cursor)
      : filter_(std::move(filter)), way_(way_of(filter_)), order_(order), cursor_(cursor) {}

  struct Chunk {
    std::vector<EventRow> events;  // those asked for, in order
    bool last = false;             // there are no more
  };
  // The next. Behind it, cursor() is behind all that was looked at. Throws Failure.
  Chunk next(Lookup& lookup);

  const Filter& filter() const { return filter_; }
  const Cursor& cursor() const { return cursor_; }

 private:
  bool asked_for(Lookup& lookup, const EventRow& event) const;
  void find_root(Lookup& lookup);
  bool add_root(std::vector<EventRow>& rows, bool last);

  const Filter filter_;
  const Way way_;
  const Order order_;
  Cursor cursor_;
  bool begun_ = false;
  std::optional<EventRow> root_;  // is still to come
};

}  // namespace certes::api::history
