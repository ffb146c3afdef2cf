#pragma once
// Core: the dispatcher's decisions. Takes records, routes them behind the registry's fence, schedules, sends, judges
// the answers, waits, and has every outcome recorded; gives a record back as finished once all of it is. It owns no
// thread, clock or socket: CoreLoop drives it in the process, tests drive it in simulated time. It calls its rooms, and
// decides nothing itself. Confined to one thread. Nothing blocks.

#include <cstdint>
#include <optional>
#include <vector>

#include "dispatcher/answering/informant.hpp"
#include "dispatcher/intake/intake.hpp"
#include "dispatcher/sending/attempts.hpp"

namespace certes::dispatcher {

struct CorePorts {
  Outcomes& outcomes;
  Transfers& transfers;
  Picks& picks;
  Registrar& registrar;
  Observer& observer;
  const crypto::Sealer& sealer;
  const Clock& clock;
};

struct CoreGauges {
  // For the first attempt, in memory and on the log; for another one, or the result of a command.
  std::size_t waiting_in_memory[registry::kPriorities] = {};
  std::size_t waiting_on_log[registry::kPriorities] = {};
  std::size_t retrying[registry::kPriorities] = {};
  std::size_t waiting(registry::Priority priority) const {  // for the first attempt
    const auto at = static_cast<std::size_t>(priority);
    return waiting_in_memory[at] + waiting_on_log[at];
  }
  // Append time of the event that waits longest to be sent, or has failed and not ended; 0: none.
  UnixMillis oldest_waiting[registry::kPriorities] = {};
  // Keys of ordered endpoints whose first has failed, with more behind it (of each lane 64 are looked at), and when the
  // first of these was first tried; 0: none.
  std::size_t blocked_keys = 0;
  UnixMillis blocked_since = 0;
  std::size_t in_flight = 0;
  std::size_t memory_bytes = 0;
  std::size_t index_bytes = 0;
  std::size_t identities = 0;  // remembered for de-duplication
  std::size_t identity_bytes = 0;
  // By the number that the observer gave an endpoint: its deliveries that have not ended and are not being sent.
  std::vector<std::size_t> endpoint_waiting;
};

class Core {
 public:
  Core(CoreOptions options, CorePorts ports);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // From the log's owner. The index outlives the partition's time here.
  void on_running(std::int32_t partition, book::OpenIndex& index);
  // How many partitions there are, here and elsewhere; 0, as before: all are here.
  void on_partitions(std::int32_t all) { partitions_ = all; }
  void on_record(log::RecordPtr record);
  void on_revoked(std::int32_t partition);
  void on_lost(std::int32_t partition);
  // Of what was read before, by whomever; only for de-duplication.
  void on_past_record(const log::StoredRecord& record) { intake_.on_past_record(record); }
  std::int64_t past_known(std::int32_t partition) { return intake_.past_known(partition); }
  void on_replaced(std::int32_t partition) { intake_.on_replaced(partition); }
  void on_log_lost(std::int32_t partition, std::int64_t records) { notices_.log_lost(partition, records); }
  // From the registry.
  void on_fence(registry::StatePtr state);
  void on_state(registry::StatePtr state);
  void on_disable_failed(std::string_view key) { endpoints_.disable_failed(key); }  // "tenant/id"
  // From the log's picker.
  void on_picked(const log::Picked& picked) { loader_.on_picked(picked); }
  // From the sender.
  void on_result(const http::TransferResult& result) { attempts_.on_result(result); }

  // One round: timers, endings, sends. After everything that has come in was given to the above.
  void run();
  // What may be read now; nothing: memory is full, or it drains.
  struct Room {
    std::size_t records = 0, bytes = 0;
  };
  Room room() const;
  // The index of what is open is as large as may be: nothing more is read.
  bool is_full() const;
  // When run() has something to do though nothing came in.
  std::optional<SteadyTime> next_at();

  // Sends nothing more and reads nothing more; settled() once nothing is in flight or unrecorded.
  void drain() { draining_ = true; }
  bool settled() const { return unsettled() == 0; }
  std::size_t unsettled() const { return book_.out(); }  // deliveries that are being sent, or recorded
  void abort_all();

  CoreGauges gauges();
  // Nothing: it knows no question of that kind.
  std::optional<questions::Answer> answer(const questions::Question& question) { return informant_.answer(question); }
  // Deliveries that have not ended, in memory or not. Key: "tenant/id".
  std::size_t open_deliveries(std::string_view endpoint_key) const;

 private:
  void expire(SteadyTime now);
  void wake_rested(SteadyTime now);
  void sweep();
  std::size_t memory_bytes() const { return book_.memory_bytes() + ports_.outcomes.memory_bytes(); }
  void send_waiting(SteadyTime now);
  void leave(std::int32_t partition, bool lost);
  void leave_settled();
  Share share() const;
  std::size_t index_bytes() const;
  void show_open(CoreGauges& gauges);

  const CoreOptions options_;
  const CorePorts ports_;
  Scheduler scheduler_;
  Sweep sweep_;
  Routes routes_;
  Notices notices_;
  Endpoints endpoints_;
  Backlogs backlogs_;
  Book book_;
  Commands commands_;
  Tallies tallies_;
  Recorder recorder_;
  Attempts attempts_;
  Replies replies_;
  Arrivals arrivals_;
  Loader loader_;
  EventIntake intake_;
  Informant informant_;
  std::int32_t partitions_ = 0;
  bool draining_ = false;
  bool sends_on_ = false;     // more could be sent in this round
  bool sender_busy_ = false;  // and could not
};

}  // namespace certes::dispatcher
