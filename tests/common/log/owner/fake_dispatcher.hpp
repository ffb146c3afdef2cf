#pragma once
// A small dispatcher over an Owner: two endpoints, a limit of requests in flight for each, two attempts, then a dead
// letter. What it does next is decided from outside, one step at a time. Confined to the test's thread.

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "dispatcher/ownership/owner.hpp"
#include "tests/common/log/owner/ledger.hpp"
#include "tests/common/log/owner/manual_clock.hpp"

namespace certes::log::testing {
using namespace dispatcher;

inline constexpr std::uint32_t kMaxAttempts = 2;

// Deliberate mistakes, to show that the ledger notices.
enum class Mistake { none, finishes_early, ignores_known, does_not_wait_for_record };

class FakeDispatcher final : public OwnerHandler {
 public:
  FakeDispatcher(std::shared_ptr<memory::Cluster> cluster, std::uint64_t process, Ledger& ledger,
                 const ManualClock& clock, Mistake mistake, std::vector<std::function<void()>>& jobs);
  // A crash, as far as this object goes: what is in flight is lost.
  ~FakeDispatcher() override;

  std::uint64_t process() const { return process_; }
  Owner& owner() { return *owner_; }
  void poll(std::size_t records);

  struct Key {
    std::int64_t offset;
    std::int32_t partition;
    int endpoint;
    auto operator<=>(const Key&) const = default;
  };
  std::vector<Key> sendable() const;
  std::vector<Key> flying() const;
  void send(Key key);
  void respond(Key key, bool success);
  std::vector<std::int32_t> revoked() const { return {revoked_.begin(), revoked_.end()}; }
  bool idle(std::int32_t partition) const;  // nothing of it in flight
  void let_go(std::int32_t partition);
  // Its group has taken it for dead, and it does not know.
  void superseded();
  std::int64_t lost_records() const { return lost_records_; }
  bool failed() const { return failed_; }

  void on_record(RecordPtr record, const DeliveryStates& known) override;
  void on_revoked(std::int32_t partition) override { revoked_.insert(partition); }
  void on_lost(std::int32_t partition) override { forget(partition); }
  void on_log_lost(std::int32_t, std::int64_t records) override { lost_records_ += records; }

 private:
  enum class State { waiting, flying, recording };
  struct Delivery {
    int event;
    std::uint32_t attempts;
    State state = State::waiting;
    bool attempt_pending = false;
    bool dead_letter_pending = false;
    bool counted = false;  // as lost in flight
  };

  void forget(std::int32_t partition);
  void count_lost(Key key, Delivery& delivery);
  int in_flight(int endpoint) const;
  void dead_letter(Key key);
  void ended(Key key);
  void finish_if_done(Key key);

  std::shared_ptr<memory::Cluster> cluster_;
  const std::uint64_t process_;
  Ledger& ledger_;
  const Mistake mistake_;
  std::unique_ptr<Log> log_;
  std::map<Key, Delivery> deliveries_;
  std::set<std::int32_t> revoked_;
  std::int64_t lost_records_ = 0;
  bool failed_ = false;
  std::unique_ptr<Owner> owner_;
};

}  // namespace certes::log::testing
