#pragma once
// CoreProcess: a dispatcher as the process has it, the real Core over the real Owner, but for its threads and sockets:
// what its loop does in a round is done when it is told, requests fly until they are answered, and the registry's state
// and fences come when the schedule says. Confined to the test's thread.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/crypto/crypto.hpp"
#include "dispatcher/core.hpp"
#include "tests/dispatcher/simulation/judge.hpp"
#include "tests/dispatcher/simulation/mistake.hpp"
#include "tests/simulation/flights.hpp"
#include "tests/simulation/world.hpp"

namespace certes::dispatcher::simulation {

// What processes have, and endpoints.
struct Life {
  std::size_t memory_bytes = 128u << 20;
  std::size_t body_bytes = 2;        // of an event
  int concurrency = 2;               // of endpoints
  int workers = 1;                   // of each; several die now and then
  Millis retry_delay = kRetryDelay;  // of the policy by number
  std::size_t keys = 0;              // of events, most of them; 0: endpoints have no order
};

struct ProcessOptions {
  std::uint64_t id = 1;
  std::uint64_t seed = 1;  // with a delivery and its attempt: how the endpoint answers
  bool gone = true;        // some answer 410
  Mistake mistake = Mistake::none;
  Life life = {};
  std::function<void(std::function<void()>)> background;
};

// What processes share.
struct Surroundings {
  std::shared_ptr<log::memory::Cluster> cluster;
  Judge& judge;
  RegistryScript& registry;
  const ManualClock& clock;
  const crypto::Sealer& sealer;
};

class CoreProcess final : public certes::simulation::Process,
                          public dispatcher::OwnerHandler,
                          Outcomes,
                          Transfers,
                          Picks,
                          Registrar,
                          Observer {
 public:
  CoreProcess(Surroundings around, ProcessOptions options);
  // A crash: what flies is forgotten.
  ~CoreProcess() override;

  // Process
  std::uint64_t id() const override { return options_.id; }
  dispatcher::Owner& owner() override { return *owner_; }
  void round(Dice& /*dice*/) override { round(); }
  void act(Dice& dice) override;
  void settle() override;
  void superseded() override { flights_.superseded(); }
  bool failed() const override { return failed_; }
  bool unsettled() const override { return core_->unsettled() > 0; }

  void decide_gone(bool accepted);  // what was asked for after a 410 is done, or refused

  // dispatcher::OwnerHandler
  void on_running(std::int32_t partition, book::OpenIndex& index) override;
  void on_record(log::RecordPtr record) override { core_->on_record(std::move(record)); }
  void on_revoked(std::int32_t partition) override;
  void on_lost(std::int32_t partition) override;
  void on_log_lost(std::int32_t, std::int64_t) override {}
  void on_unreadable_checkpoint(std::int32_t, std::string_view) override {}
  std::int64_t past_known(std::int32_t partition) override { return core_->past_known(partition); }
  void on_past_record(const log::StoredRecord& record) override;
  void on_replaced(std::int32_t partition) override { core_->on_replaced(partition); }

 private:
  struct Flying {
    std::uint64_t id;
    Request request;
  };

  // Outcomes
  bool may_act(std::int32_t partition) const override { return owner_->may_act(partition); }
  void record_attempt(dispatcher::Place origin, std::optional<book::LaneNumber> lane,
                      const dispatcher::AttemptRecord& attempt, std::function<void()> recorded) override;
  Result<void> append_and_finish(dispatcher::Place origin, book::LaneNumber lane, log::Record&& letter,
                                 std::function<void()> recorded) override;
  Result<void> append_event(dispatcher::Place origin, log::Record&& event, std::function<void()> recorded) override;
  Result<void> append_keyed(log::Record&& event, std::function<void()> appended) override {
    return owner_->append_keyed(std::move(event), std::move(appended));
  }
  void let_go(std::int32_t partition) override;
  std::size_t memory_bytes() const override { return owner_->memory_bytes(); }
  // Picks
  void ask(log::PickRun&& run) override;
  void cancel(std::int32_t partition) override { picker_->cancel(log::Topic::events, partition); }
  // Transfers
  void submit(http::Transfer&& transfer) override;
  void abort(std::uint64_t id) override { aborted_.push_back(id); }
  // Registrar
  registry::StatePtr fence() override;
  void disable(const registry::Endpoint& endpoint, std::string_view reason) override;
  // Observer
  std::size_t meter(const registry::Endpoint&) override { return 0; }
  void attempted(const AttemptSeen&) override {}
  void left(std::string_view) override {}
  void ended(registry::Priority, const Ending&, bool, std::size_t) override {}
  void dead_lettered(std::string_view) override {}
  void given_back(http::TransferError, std::string_view) override {}
  void token_answered(std::string_view, std::string_view) override {}
  void answered(std::string_view) override {}
  void unmatched(const log::StoredRecord&, std::string_view) override {}
  void filter_failed(const FailedFilter&) override {}
  void transformed(std::string_view) override {}
  void lost() override { around_.judge.violate("LOST: an event that is open is not on the log"); }
  void exhausted() override {}
  void duplicate() override {}
  void read() override {}
  void read_back() override {}
  void breaker_opened(std::string_view, std::size_t) override {}
  void breaker_closed(std::string_view endpoint, std::size_t) override { around_.judge.closed(endpoint); }
  void workers_tripped(std::string_view, std::size_t, int, std::string_view) override {}
  void notice_lost(std::string_view) override {}
  void problem(std::string_view text) override {
    if (!text.starts_with(kUnreadable)) around_.judge.violate("PROBLEM: " + std::string(text));
  }

  void round();
  void forget(book::OpenIndex& index) const;
  void follow();        // the registry's state comes
  void answer_fence();  // as it stands now
  bool mistaken(Mistake mistake) const { return options_.mistake == mistake; }
  registry::StatePtr seen(const registry::StatePtr& state) const;
  void fly(const http::Transfer& transfer);
  void respond(std::size_t which);
  void give_back(std::size_t which);  // it was not tried
  void die(std::size_t which);        // before a status
  void break_off(std::size_t which, http::TransferResult&& result);
  void forget_broken_off(std::int32_t partition);
  void end(std::size_t which, http::TransferResult&& result);
  // Runs in the next round.
  void later(std::function<void()> what) { later_.push_back(std::move(what)); }

  const Surroundings around_;
  const ProcessOptions options_;
  certes::simulation::Flights flights_;
  std::unique_ptr<log::Log> log_;
  registry::StatePtr state_;  // the newest that the core was given
  bool fence_asked_ = false;
  std::vector<Flying> flying_;
  std::map<std::string, Request> broken_off_;  // by delivery: another worker may get it, or its attempt has failed
  std::vector<std::uint64_t> aborted_;
  std::vector<registry::Endpoint> gone_;
  std::vector<std::function<void()>> later_;
  bool failed_ = false;
  std::unique_ptr<log::Picker> picker_;
  std::map<std::int32_t, book::OpenIndex*> indexes_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<dispatcher::Owner> owner_;
};

}  // namespace certes::dispatcher::simulation
