#pragma once
// CoreProcess: a dispatcher as the process has it, the real Core over the real Owner, but for its threads and sockets:
// what its loop does in a round is done when it is told, requests fly until they are answered, and the registry's state
// and fences come when the schedule says. Confined to the test's thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/crypto/crypto.hpp"
#include "dispatcher/core.hpp"
#include "dispatcher/ownership/owner.hpp"
#include "tests/dispatcher/simulation/judge.hpp"

namespace certes::dispatcher::simulation {

// Deliberate mistakes, to show that the judge notices.
enum class Mistake {
  none,
  forgets_states,     // what is known of deliveries is not given to the core
  finishes_early,     // a record counts as finished once it was routed
  believes_records,   // outcomes count as recorded before they are
  ignores_intervals,  // of the registry's states the intervals are missing
};

struct Job {
  std::uint64_t process;
  std::function<void()> run;
};

class CoreProcess final : public dispatcher::OwnerHandler, Outcomes, Transfers, Registrar, Observer {
 public:
  CoreProcess(const std::shared_ptr<log::memory::Cluster>& cluster, std::uint64_t id, Judge& judge,
              RegistryScript& registry, const ManualClock& clock, const crypto::Sealer& sealer, Mistake mistake,
              std::vector<Job>& jobs);
  // A crash: what flies is forgotten.
  ~CoreProcess() override;

  std::uint64_t id() const { return id_; }
  dispatcher::Owner& owner() { return *owner_; }
  Core& core() { return *core_; }
  bool failed() const { return failed_; }

  void round();
  void follow();        // the registry's state comes
  void answer_fence();  // as it stands now
  std::size_t flying() const { return flying_.size(); }
  void respond(std::size_t which, int status);
  void break_off(std::size_t which);  // the connection is reset
  void decide_gone(bool accepted);    // what was asked for after a 410 is done, or refused

  // dispatcher::OwnerHandler
  void on_record(log::RecordPtr record, const dispatcher::DeliveryStates& known) override;
  void on_revoked(std::int32_t partition) override { core_->on_revoked(partition); }
  void on_lost(std::int32_t partition) override { core_->on_lost(partition); }
  void on_log_lost(std::int32_t, std::int64_t) override {}

 private:
  // Outcomes
  bool may_act(std::int32_t partition) const override { return owner_->may_act(partition); }
  void record_attempt(dispatcher::Place origin, const dispatcher::AttemptRecord& attempt,
                      std::function<void()> recorded) override;
  Result<void> append_and_finish(dispatcher::Place origin, log::Record&& letter,
                                 std::function<void()> recorded) override;
  Result<void> append_event(dispatcher::Place origin, log::Record&& event, std::function<void()> recorded) override;
  void finish(dispatcher::Place origin) override { owner_->finish(origin); }
  void let_go(std::int32_t partition) override { owner_->let_go(partition); }
  std::size_t memory_bytes() const override { return owner_->memory_bytes(); }
  // Transfers
  void submit(http::Transfer&& transfer) override;
  void abort(std::uint64_t id) override { aborted_.push_back(id); }
  // Registrar
  registry::StatePtr fence() override;
  void disable(const registry::Endpoint& endpoint) override { gone_.push_back(endpoint); }
  // Observer
  std::size_t meter(const registry::Endpoint&) override { return 0; }
  void attempted(const AttemptSeen&) override {}
  void left(std::string_view) override {}
  void ended(registry::Priority, const Ending&, bool, std::size_t) override {}
  void dead_lettered(std::string_view) override {}
  void given_back(http::TransferError, std::string_view) override {}
  void answered(std::string_view) override {}
  void unmatched(const log::StoredRecord&, std::string_view) override {}
  void duplicate() override {}
  void read_back() override {}
  void problem(std::string_view) override {}

  registry::StatePtr seen(const registry::StatePtr& state);
  void end(std::uint64_t id, http::TransferResult&& result);

  const std::uint64_t id_;
  Judge& judge_;
  RegistryScript& registry_;
  const Mistake mistake_;
  std::unique_ptr<log::Log> log_;
  registry::StatePtr state_;  // the newest that the core was given
  bool fence_asked_ = false;
  std::vector<http::Transfer> flying_;
  std::vector<std::uint64_t> aborted_;
  std::vector<registry::Endpoint> gone_;
  std::vector<dispatcher::Place> early_;
  bool failed_ = false;
  std::unique_ptr<Core> core_;
  std::unique_ptr<dispatcher::Owner> owner_;
};

}  // namespace certes::dispatcher::simulation
