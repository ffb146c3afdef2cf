#pragma once
// Arrivals: how a delivery that is open comes into memory, and where it goes from there by what is known of it: to be
// sent, to wait, or to its end. Who: intake, for what is routed just now, and the loader. Confined to the core loop.

#include "common/event/event.hpp"
#include "dispatcher/core_options.hpp"
#include "dispatcher/endpoint/endpoints.hpp"
#include "dispatcher/endpoint/replies.hpp"
#include "dispatcher/outcome/recorder.hpp"
#include "dispatcher/routing/routes.hpp"

namespace certes::dispatcher {

// What arrivals are made with. All outlive them.
struct ArrivalParts {
  Book& book;
  Recorder& recorder;
  Routes& routes;
  Replies& replies;
  const Clock& clock;
};

class Arrivals {
 public:
  Arrivals(const CoreOptions& options, const ArrivalParts& parts) : options_(options), parts_(parts) {}

  // The record as an event. Error: why it is dead-lettered as malformed.
  Result<event::EventView> readable(const log::StoredRecord& record) const;

  // Of a lane that has an endpoint, which `match` is of. `known`: in the index.
  void take(LoadedRecord& record, Backlog& backlog, const Match& match, const book::OpenDelivery& known);
  // The same, loaded: whether it is matched, and by what, is asked now.
  void load(LoadedRecord& record, Backlog& backlog, const book::OpenDelivery& known);
  // The same, of an event that has waited for longer than may be: it ends, but for what had only to be told of its end.
  void expire(LoadedRecord& record, Backlog& backlog, const book::OpenDelivery& known);
  // Of nobody's lane: malformed (with why) or, where it is readable, a command that is bound no more.
  void give_up(LoadedRecord& record, Backlog& backlog, const Result<event::EventView>& view);
  // Of an endpoint that nothing matches any more, that is no more, or that it was purged from.
  void cancel(LoadedRecord& record, Backlog& backlog, const book::OpenDelivery& known, const Why& why);

 private:
  Delivery& add(LoadedRecord& record, Backlog& backlog, Endpoint* endpoint, const book::OpenDelivery& known);
  // `filter_failure`: as of its Match.
  void place(Delivery& delivery, const book::OpenDelivery& known, std::string_view filter_failure = {});
  std::uint32_t awaited(const log::StoredRecord& record) const;
  std::optional<Match> match_of(const Backlog& backlog, const log::StoredRecord& record,
                                const event::EventView& view) const;

  const CoreOptions& options_;
  const ArrivalParts parts_;
};

bool is_directed(const event::EventView& view);
// view() has checked the kind.
registry::EventKind kind_of(const event::EventView& view);
inline constexpr std::string_view kWaitedTooLong = "waited_too_long";

}  // namespace certes::dispatcher
