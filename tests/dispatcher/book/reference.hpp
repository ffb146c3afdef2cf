#pragma once
// What an index is held against: the same, as one map. Who: the tests of dispatcher/book.

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "dispatcher/book/open_index.hpp"

namespace certes::dispatcher::book {

struct KnownDelivery {
  std::optional<Tried> tried;
  Reason reason;
  Priority priority = Priority::normal;
  std::optional<std::uint32_t> key_hash;
  std::uint64_t command_hash = 0;
};

struct Reference {
  using Open = std::map<std::pair<std::int64_t, LaneNumber>, KnownDelivery>;
  Open open;
  std::map<std::int64_t, std::map<LaneNumber, Ended>> ended;  // of events with several deliveries

  void add(const LaneTable& lanes, std::int64_t offset, const std::vector<Routed>& routed) {
    for (const Routed& each : routed) {
      const LaneName& name = lanes.at(each.lane)->name;
      KnownDelivery known;
      known.priority = name.ordered ? each.priority : name.priority;
      if (name.ordered) known.key_hash = each.key_hash;
      known.command_hash = each.command_hash;
      open[{offset, each.lane}] = known;
    }
    if (routed.size() > 1) ended[offset];
  }
  void end(OpenPlace place, Ended how) {
    open.erase({place.offset, place.lane});
    if (const auto found = ended.find(place.offset); found != ended.end()) found->second[place.lane] = how;
  }
  std::optional<std::int64_t> next(LaneNumber lane, std::int64_t from, std::int64_t below, bool untried,
                                   bool tried) const {
    for (auto at = open.lower_bound({from, 0}); at != open.end() && at->first.first < below; ++at)
      if (at->first.second == lane && (at->second.tried ? tried : untried)) return at->first.first;
    return std::nullopt;
  }
};

inline void check_same(const OpenIndex& index, const Reference& reference) {
  LaneCounts all;
  std::map<LaneNumber, LaneCounts> by_lane;
  std::map<Priority, LaneCounts> by_class;
  for (const auto& [place, known] : reference.open) {
    for (LaneCounts* each : {&all, &by_lane[place.second], &by_class[known.priority]})
      ++(known.tried ? each->tried : each->untried);
    const auto found = index.find({place.first, place.second});
    REQUIRE(found);
    CHECK(found->tried == known.tried);
    CHECK((found->reason ? *found->reason : Reason{}) == known.reason);
    CHECK(found->priority == known.priority);
    CHECK(found->key_hash == known.key_hash);
    CHECK(found->command_hash == known.command_hash);
  }
  CHECK(index.counts() == all);
  index.lanes().for_each([&](LaneNumber number, const Lane& lane) { CHECK(lane.counts == by_lane[number]); });
  for (int i = 0; i < registry::kPriorities; ++i)
    CHECK(index.counts(static_cast<Priority>(i)) == by_class[static_cast<Priority>(i)]);
  CHECK(index.watermark() == (reference.open.empty() ? index.position() : reference.open.begin()->first.first));
  std::size_t bytes = 0;
  for (const auto& [number, state] : index.chunks()) bytes += state.chunk->bytes();
  CHECK(index.bytes() >= bytes + index.lanes().bytes() + index.ahead().bytes());
  if (!index.due_work(INT64_MAX)) CHECK(index.bytes() == bytes + index.lanes().bytes() + index.ahead().bytes());
}

inline void check_event(const OpenIndex& index, const Reference& reference, std::int64_t offset) {
  std::vector<LaneNumber> open, dead;
  bool received = false;
  for (auto at = reference.open.lower_bound({offset, 0}); at != reference.open.end() && at->first.first == offset; ++at)
    open.push_back(at->first.second);
  if (open.empty()) return;  // how the deliveries of an event ended is kept while one is open
  if (const auto found = reference.ended.find(offset); found != reference.ended.end())
    for (const auto& [lane, how] : found->second) {
      if (how == Ended::dead_lettered)
        dead.push_back(lane);
      else
        received = true;
    }
  const EventState event = index.event(offset);
  CHECK(event.open == open);
  CHECK(event.dead_lettered == dead);
  CHECK(event.received == received);
}

}  // namespace certes::dispatcher::book
