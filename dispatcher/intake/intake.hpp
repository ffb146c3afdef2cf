#pragma once
// EventIntake: what becomes of a record that was read: checked, known for a repeat, held for the registry's fence, and
// routed into deliveries. Who: core. Confined to the core loop.

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/event/event.hpp"
#include "dispatcher/core_options.hpp"
#include "dispatcher/endpoint/endpoints.hpp"
#include "dispatcher/intake/duplicates.hpp"
#include "dispatcher/outcome/recorder.hpp"
#include "dispatcher/routing/routes.hpp"

namespace certes::dispatcher {

// What intake is made with. All, and its options, outlive it.
struct IntakeParts {
  Book& book;
  Endpoints& endpoints;
  Recorder& recorder;
  Routes& routes;
  Registrar& registrar;
  const Outcomes& outcomes;
  Observer& observer;
  const crypto::Sealer& sealer;
  const Clock& clock;
};

class EventIntake {
 public:
  EventIntake(const CoreOptions& options, const IntakeParts& parts);

  void take(log::RecordPtr record, const DeliveryStates& known);
  // Routes what has come since the last question; the registry's answer comes at once or through on_fence.
  void ask_fence();
  void on_fence();  // Routes has been given the state
  void leave(std::int32_t partition);

  // Of what was read before, by whomever; only for de-duplication.
  void on_past_record(const log::StoredRecord& record);
  std::int64_t past_known(std::int32_t partition) { return duplicates(partition).next(); }
  void on_replaced(std::int32_t partition) { duplicates(partition).clear(); }
  std::size_t identities() const;
  std::size_t identity_bytes() const;

  // Nothing more is to be read: what was read waits for memory to be routed, or is a quarter of all that there may be.
  bool is_full() const { return (asked_ > 0 && !fence_out_) || unrouted_memory_.held() >= options_.memory_bytes / 4; }

 private:
  struct Unrouted {
    OpenRecord* record;  // none: its partition has left
    event::EventView view;
    Charge memory;
  };
  // Of the record that is being routed.
  struct Routing {
    OpenRecord& open;
    const event::EventView& view;
    registry::EventKind kind;
    std::vector<const DeliveryState*> used = {};  // what is known of its deliveries
    struct DueLetter {
      Delivery* delivery;
      std::string rule, error, answer;
    };
    std::vector<DueLetter> due_letters = {};
  };

  Result<event::EventView> readable(const log::StoredRecord& record) const;
  void malformed(OpenRecord& open, std::string_view why);
  bool duplicate(const log::StoredRecord& record, const event::EventView& view);
  Duplicates& duplicates(std::int32_t partition);

  bool route_asked();
  void route(OpenRecord& open, const event::EventView& view);
  void add_deliveries(Routing& routing);
  void add_directed(Routing& routing, bool reply);
  void add_delivery(Routing& routing, const Match& match);
  void take_up(Routing& routing, Delivery& delivery, const DeliveryState* known);
  void give_up_due(Routing& routing);
  void cancel_unmatched(Routing& routing);
  Match reply_match(std::string_view tenant);

  const CoreOptions& options_;
  const IntakeParts parts_;
  Budget unrouted_memory_;
  std::deque<Unrouted> unrouted_;
  std::size_t asked_ = 0;  // of them, from the front: fetched before the outstanding fence
  bool fence_out_ = false;
  std::map<std::int32_t, Duplicates> duplicates_;                                          // by partition
  std::map<std::string, std::shared_ptr<const registry::Endpoint>, std::less<>> replies_;  // by tenant
};

}  // namespace certes::dispatcher
