#pragma once
// Core: the dispatcher's decisions. Takes records, routes them behind the registry's fence, schedules, sends, judges
// the answers, waits, and has every outcome recorded; gives a record back as finished once all of it is. It owns no
// thread, clock or socket: CoreLoop drives it in the process, tests drive it in simulated time. Confined to one thread.
// Nothing blocks.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "common/base/ids.hpp"
#include "common/base/random.hpp"
#include "common/event/command.hpp"
#include "dispatcher/core/delivery.hpp"
#include "dispatcher/core/ports.hpp"
#include "dispatcher/delivery/resigner.hpp"
#include "dispatcher/routing/duplicates.hpp"
#include "dispatcher/scheduling/ages.hpp"

namespace certes::dispatcher {

struct CoreOptions {
  std::size_t memory_bytes = 128u << 20;  // of waiting, retrying and sent deliveries; above: nothing more is read
  std::size_t in_flight_max = 4'096;
  Scheduler::Options shares;
  RouterOptions routing;
  bool deduplicate = false;  // where the log does not do it exactly
  std::size_t deduplicate_ids = 1'000'000;
  Millis deduplicate_window{86'400'000};
  Millis result_timeout{3'600'000};        // for the result of a command that was answered 202
  std::size_t awaiting_bytes = 32u << 20;  // of the commands that await theirs, beside memory_bytes
  int reply_concurrency = 64;              // requests at once to a tenant's URLs in reply_to
  Millis reply_timeout{15'000};
  std::size_t max_record_bytes = 16u << 20;  // larger ones are malformed: no dead letter could hold them
  bool resign_only_where_said = false;       // as Resigner
  std::uint64_t seed = std::random_device{}();
};

struct CorePorts {
  Outcomes& outcomes;
  Sending& sending;
  Registrar& registrar;
  Observer& observer;
  const crypto::Sealer& sealer;
  const Clock& clock;
};

struct CoreGauges {
  std::size_t waiting[registry::kPriorities] = {};
  std::size_t retrying[registry::kPriorities] = {};
  // Append time of the event that waits longest to be sent, or has failed and not ended; 0: none.
  UnixMillis oldest_waiting[registry::kPriorities] = {};
  std::size_t in_flight = 0;
  std::size_t memory_bytes = 0;
  std::size_t awaiting_bytes = 0;
  std::size_t identities = 0;  // remembered for de-duplication
  std::size_t identity_bytes = 0;
  // By the number that the observer gave an endpoint: its deliveries that have not ended and are not being sent.
  std::vector<std::size_t> endpoint_waiting;
};

class Core {
 public:
  Core(CoreOptions options, CorePorts ports);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // From the log's owner.
  void on_record(log::RecordPtr record, const log::DeliveryStates& known);
  void on_revoked(std::int32_t partition);
  void on_lost(std::int32_t partition);
  // Of what was read before, by whomever; only for de-duplication.
  void on_past_record(const log::StoredRecord& record);
  std::int64_t past_known(std::int32_t partition);
  void on_replaced(std::int32_t partition);
  // From the registry.
  void on_fence(registry::StatePtr state);
  void on_state(registry::StatePtr state);
  void on_disable_failed(std::string_view key);  // "tenant/id"
  // From the sender.
  void on_result(http::TransferResult&& result);

  // One round: timers, endings, sends. After everything that has come in was given to the above.
  void run();
  // How many records may be read now; 0: memory is full, or it drains.
  std::size_t room() const;
  // When run() has something to do though nothing came in.
  std::optional<SteadyTime> next_at();

  // Sends nothing more and reads nothing more; settled() once nothing is in flight or unrecorded.
  void drain() { draining_ = true; }
  bool settled() const { return unsettled_ == 0; }
  std::size_t unsettled() const { return unsettled_; }  // deliveries that are being sent, or recorded
  void abort_all();

  CoreGauges gauges() const;
  // Deliveries that have not ended. Key: "tenant/id".
  std::size_t open_deliveries(std::string_view endpoint_key) const;

 private:
  struct Unrouted {
    OpenRecord* record;  // none: its partition has left
    event::EventView view;
  };
  struct Partition {
    std::size_t unsettled = 0;
    bool revoking = false;
    std::unique_ptr<Duplicates> duplicates;
  };
  struct Ending {  // of an attempt
    std::string_view outcome;
    std::string rule;
    std::string failure;
    Millis delay{0};
    UnixMillis next_at = 0;
  };

  // intake.cpp
  void malformed(OpenRecord& open, std::string_view why);
  Result<event::EventView> readable(const log::StoredRecord& record) const;
  bool duplicate(const log::StoredRecord& record, const event::EventView& view);
  Duplicates& duplicates(std::int32_t partition);
  void ask_fence();
  Router& router();  // of state_
  void route_asked();
  void route(OpenRecord& open, const event::EventView& view);
  void add_deliveries(OpenRecord& open, const event::EventView& view, registry::EventKind kind);
  void tell_unmatched(const OpenRecord& open, const event::EventView& view);
  void add_delivery(OpenRecord& open, const Match& match, const event::EventView& view);
  void take_up(Delivery& delivery, const log::DeliveryState* known);
  void give_up_due(OpenRecord& open);
  void cancel_unmatched(OpenRecord& open, const event::EventView& view);
  bool still_matched(Delivery& delivery);
  const log::DeliveryState* known_of(const OpenRecord& open, std::string_view delivery) const;

  // core.cpp
  void expire_retries(SteadyTime now);
  void release_held(SteadyTime now);
  void send_waiting(SteadyTime now);
  void start(Delivery& delivery);
  void enqueue(Delivery& delivery);
  void wait_until(Delivery& delivery, UnixMillis due);
  void stop_waiting(Delivery& delivery);
  void settle(Delivery& delivery, Stage state);  // leaves the waiting ones, for the log or a request
  void unsettle(Delivery& delivery);             // its request has ended, or its outcome is recorded
  void end(Delivery& delivery);
  void forget(Delivery& delivery);
  void free_slot(Delivery& delivery);
  void count_age(Delivery& delivery);  // once it has failed
  void uncount_age(Delivery& delivery);
  void close_if_done(OpenRecord& open);
  Partition& partition(std::int32_t number);
  std::uint64_t tick(SteadyTime at) const;

  // results.cpp
  void attempt_ended(Delivery& delivery, const http::TransferResult& result);
  void attempt_failed(Delivery& delivery, const http::TransferResult& result, std::string_view rule);
  void record(Delivery& delivery, const http::TransferResult& result, const Ending& ending);
  static Sign sign_of(const Delivery& delivery, int status, std::string_view outcome);
  // `answer`: the endpoint's last, as far as it is known.
  void give_up(Delivery& delivery, std::string_view rule, std::string_view error, std::string_view answer = {});
  struct Why {
    std::string_view rule, error, answer;
  };
  void append_dead_letter(Delivery& delivery, std::string_view name, const Why& why);
  void on_recorded(std::uint64_t id);
  void recorded(Delivery& delivery);
  void returned(Delivery& delivery);  // aborted: not an attempt
  void given_back(Delivery& delivery, const http::TransferResult& result);
  struct Unsent {
    std::string_view outcome, error;
  };
  void close_unsent(Delivery& delivery, std::string_view outcome, std::string_view error);
  void close_unsent(Delivery& delivery, std::string_view name, std::string_view endpoint, std::string_view tenant,
                    const Unsent& how);

  // undelivered.cpp
  void decide(Delivery& delivery, End end);
  static void ended_before(OpenRecord& open, const log::DeliveryState& known, std::string_view endpoint);
  static std::string_view undelivered(const Delivery& delivery);

  // commands.cpp
  using Then = std::function<void(Delivery&)>;
  bool needs_answer(const Delivery& delivery) const { return delivery.command && delivery.answer == Answer::none; }
  void answer_first(Delivery& delivery, event::CommandResult&& result, Then then);
  Result<void> append_result(Delivery& delivery, event::CommandResult&& result, Then then);
  void result_seen(const event::EventView& view, const log::StoredRecord& record);
  void end_answered(Delivery& delivery, std::string_view rule, std::string_view error);
  void end_answered(Delivery& delivery);
  void answered_attempt(Delivery& delivery, const http::TransferResult& result);
  void await_result(Delivery& delivery, const http::TransferResult& result);
  void begin_awaiting(Delivery& delivery, UnixMillis until);
  void stop_awaiting(Delivery& delivery);
  void count_awaiting(const Delivery& delivery, std::size_t change);  // of unsigned numbers that wrap
  void no_result(Delivery& delivery);
  void unbound(OpenRecord& open);
  void track(const Delivery& delivery);
  void untrack(const Delivery& delivery);
  Match reply_match(std::string_view tenant);

  // endpoints.cpp
  EndpointEntry& endpoint_for(const Match& match);
  void use_state(registry::StatePtr state);
  void use_tenants();
  void update(EndpointEntry& entry, std::shared_ptr<const registry::Endpoint> config);
  void apply(EndpointEntry& entry);  // its state and limits to the scheduler
  void remove(EndpointEntry& entry);
  void rest(EndpointEntry& entry, SteadyTime until);
  void wake_rested(SteadyTime now);
  void put_back(List<Waiting, NodeOf<WaitingNode>>& held, SteadyTime now);
  void sweep();
  void sweep(EndpointEntry& entry, std::size_t& endings, std::size_t& looks);
  void begin_sweep(EndpointEntry& entry);
  // Its endpoint is no more, or was disabled at a time that ends it.
  static bool doomed(const Delivery& delivery);
  void end_unsent(Delivery& delivery);

  // partitions.cpp
  void leave(std::int32_t partition, bool lost);
  void let_go_if_settled(std::int32_t partition);

  CoreOptions options_;
  CorePorts ports_;
  Random random_;
  const Resigner resigner_;
  SteadyTime start_;
  Scheduler scheduler_;
  TimingWheel wheel_;
  Pool<OpenRecord> records_;
  Pool<Delivery> deliveries_;
  std::unordered_map<std::string, std::unique_ptr<EndpointEntry>, StringHash, std::equal_to<>> endpoints_;
  std::vector<std::unique_ptr<EndpointEntry>> leaving_;  // deleted, with deliveries
  std::vector<EndpointEntry*> sweeping_;
  std::set<std::pair<SteadyTime, EndpointEntry*>> resting_;
  std::map<std::int32_t, List<Waiting, NodeOf<WaitingNode>>> held_;  // by partition
  std::vector<Partition> partitions_;                                // by number
  std::deque<Unrouted> unrouted_;
  struct DueLetter {
    Delivery* delivery;
    std::string rule, error, answer;
  };
  // Of the record that is being routed: what is to become a dead letter, and what is known of its deliveries and used.
  std::vector<DueLetter> due_letters_;
  std::vector<const log::DeliveryState*> used_;
  std::size_t asked_ = 0;  // of them, from the front: fetched before the outstanding fence
  bool fence_out_ = false;
  registry::StatePtr state_;
  std::unique_ptr<Router> router_;  // of state_; made when it is needed
  std::unordered_map<std::string, std::uint64_t, StringHash, std::equal_to<>> commands_;  // open; by the result's ce_id
  std::map<std::string, std::shared_ptr<const registry::Endpoint>, std::less<>> reply_endpoints_;  // by tenant
  IdGenerator ids_;
  std::size_t retrying_[registry::kPriorities] = {};
  Ages failed_[registry::kPriorities];
  std::size_t memory_ = 0;
  std::size_t awaiting_ = 0;                                     // bytes
  std::map<std::string, std::size_t, std::less<>> awaiting_of_;  // the same, by tenant
  std::size_t record_bytes_ = 2'048;                             // what a record has cost lately
  std::size_t unsettled_ = 0;                                    // deliveries sending or recording
  std::uint64_t next_affinity_ = 0;
  bool draining_ = false;
};

}  // namespace certes::dispatcher
