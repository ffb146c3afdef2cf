#pragma once
// EventIntake: what becomes of a record that was read: checked, known for a repeat, held for the registry's fence, and
// routed: its deliveries stand in the index then, and those that can be sent soon are in memory. Records of a partition
// are routed in the order of the log. Who: core. Confined to the core loop.

#include <cstdint>
#include <deque>
#include <map>
#include <string_view>
#include <variant>
#include <vector>

#include "common/event/event.hpp"
#include "dispatcher/intake/duplicates.hpp"
#include "dispatcher/loading/loader.hpp"
#include "dispatcher/routing/filter_health.hpp"

namespace certes::dispatcher {

// What intake is made with. All, and its options, outlive it.
struct IntakeParts {
  Book& book;
  Backlogs& backlogs;
  Commands& commands;
  Loader& loader;
  Arrivals& arrivals;
  Endpoints& endpoints;
  Recorder& recorder;
  Notices& notices;
  Routes& routes;
  Replies& replies;
  Registrar& registrar;
  Observer& observer;
  Tallies& tallies;
};

class EventIntake {
 public:
  EventIntake(const CoreOptions& options, const IntakeParts& parts) : options_(options), parts_(parts) {}

  void take(log::RecordPtr record);
  // Routes what has come since the last question; the registry's answer comes at once or through on_fence. The loader
  // begins behind it, too.
  void ask_fence();
  void on_fence();  // Routes has been given the state
  void leave(std::int32_t partition);

  // Of what was read before, by whomever; only for de-duplication.
  void on_past_record(const log::StoredRecord& record);
  std::int64_t past_known(std::int32_t partition) { return duplicates(partition).next(); }
  void on_replaced(std::int32_t partition) { duplicates(partition).clear(); }
  std::size_t identities() const;
  std::size_t identity_bytes() const;

  // Nothing more is to be read: what was read waits for the registry, and is as much as may be.
  bool is_full() const { return unrouted_memory_.held() >= options_.unrouted_bytes; }

 private:
  struct Malformed {
    std::string why;
  };
  struct Duplicate {};
  struct Unrouted {
    log::RecordPtr record;  // none: its partition has left
    std::variant<event::EventView, Malformed, Duplicate> what;
    Charge memory, unrouted;
  };
  // Of the record that is being routed.
  struct Routing {
    const log::RecordPtr& record;
    const event::EventView& view;
    registry::EventKind kind;
    book::OpenIndex& index;
    struct Planned {
      const Match* match;
      Backlog* backlog;
    };
    std::vector<Planned> planned = {};
    std::deque<Match> own = {};        // matches that are no router's
    std::vector<Backlog*> known = {};  // of endpoints that are not among them, and had deliveries before
  };

  bool duplicate(const log::StoredRecord& record, const event::EventView& view);
  Duplicates& duplicates(std::int32_t partition);

  void route_asked();
  void route(const Unrouted& unrouted);
  void route_event(const log::RecordPtr& record, const event::EventView& view, book::OpenIndex& index);
  void route_nobodys(const log::RecordPtr& record, book::OpenIndex& index);
  void plan(Routing& routing);
  void plan_directed(Routing& routing, bool reply);
  void plan_matching(Routing& routing, const Match& match);
  void plan_one(Routing& routing, const Match& match);
  void plan_own(Routing& routing, Match&& match);
  void plan_known(Routing& routing);
  void enter_index(Routing& routing);
  void arrive(Routing& routing);
  void result_read(const event::EventView& view, const log::StoredRecord& record);

  const CoreOptions& options_;
  const IntakeParts parts_;
  Budget unrouted_memory_;
  std::deque<Unrouted> unrouted_;
  std::size_t asked_ = 0;  // of them, from the front: fetched before the outstanding fence
  bool fence_out_ = false;
  std::map<std::int32_t, Duplicates> duplicates_;  // by partition
  std::vector<book::Routed> routed_;               // of one record
  FilterHealth filters_;
};

}  // namespace certes::dispatcher
