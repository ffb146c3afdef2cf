#pragma once
// A small dispatcher over an Owner: two endpoints, a limit of requests in flight for each, two attempts, then a dead
// letter. It routes what it is given some time later, and has all in memory that is open in the index. What it does
// next is decided from outside, one step at a time. Confined to the test's thread.

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "tests/dispatcher/ownership/ledger.hpp"
#include "tests/simulation/flights.hpp"
#include "tests/simulation/world.hpp"

namespace certes::dispatcher::testing {

using simulation::Dice;
using tests::ManualClock;

inline constexpr std::uint32_t kMaxAttempts = 2;

// Deliberate mistakes, to show that the ledger notices.
enum class Mistake {
  none,
  finishes_early,            // a delivery is open no more once it was sent
  ignores_known,             // what has ended of a record that is routed again
  does_not_wait_for_record,  // a success counts before it is recorded
  attempts_more,             // attempts are not counted across owners
  lets_go_at_once,           // of a partition with requests that are out: they are recorded by nobody
  drops_letters,             // a dead letter counts without being appended
};

struct FakeOptions {
  std::uint64_t id = 1;    // of the process
  std::uint64_t seed = 1;  // with a delivery and its attempt: how the endpoint answers
  Mistake mistake = Mistake::none;
  std::function<void(std::function<void()>)> background;
};

class FakeDispatcher final : public OwnerHandler, public simulation::Process {
 public:
  FakeDispatcher(std::shared_ptr<log::memory::Cluster> cluster, Ledger& ledger, const ManualClock& clock,
                 FakeOptions options);
  ~FakeDispatcher() override;

  // simulation::Process
  std::uint64_t id() const override { return options_.id; }
  Owner& owner() override { return *owner_; }
  void round(Dice& dice) override { poll(dice.chance(0.7) ? dice.pick(4) : 0); }
  void act(Dice& dice) override;
  void settle() override;
  void superseded() override { flights_.superseded(); }
  bool failed() const override { return failed_; }

  void on_running(std::int32_t partition, book::OpenIndex& index) override;
  void on_record(log::RecordPtr record) override;
  void on_revoked(std::int32_t partition) override { revoked_.insert(partition); }
  void on_lost(std::int32_t partition) override { forget(partition); }
  void on_log_lost(std::int32_t, std::int64_t) override {}
  void on_unreadable_checkpoint(std::int32_t, std::string_view what) override { ledger_.unreadable(what); }

 private:
  struct Key {
    std::int64_t offset;
    std::int32_t partition;
    int endpoint;
    auto operator<=>(const Key&) const = default;
  };
  enum class State { waiting, flying, recording };
  struct Delivery {
    int event;
    std::uint32_t attempts = 0;
    State state = State::waiting;
    bool attempt_pending = false;
    bool dead_letter_pending = false;
  };

  struct Owned {
    book::OpenIndex* index;
    std::array<book::LaneNumber, kEndpoints> lanes;
    std::int64_t given;  // behind the last record
    std::deque<log::RecordPtr> unrouted;
  };

  void poll(std::size_t records);
  void route_next(Owned& owned);
  book::OpenPlace place_of(Key key) const;
  void load(Key key);
  void gone(Key key);
  std::vector<Key> in_state(State state) const;
  std::vector<Key> sendable() const;
  bool full(int endpoint) const;
  bool idle(std::int32_t partition) const;  // nothing of it in flight
  void send(Key key);
  void respond(Key key);
  void record(Key key, bool success, bool last);
  void dead_letter(Key key);
  void dead_letter_recorded(Key key);
  void end_unrecorded(Key key);
  void let_go(std::int32_t partition);
  void forget(std::int32_t partition);

  std::shared_ptr<log::memory::Cluster> cluster_;
  Ledger& ledger_;
  const FakeOptions options_;
  simulation::Flights flights_;
  std::unique_ptr<log::Log> log_;
  std::map<std::int32_t, Owned> owned_;
  std::map<Key, Delivery> deliveries_;
  std::set<std::int32_t> revoked_;
  bool failed_ = false;
  std::unique_ptr<Owner> owner_;
};

}  // namespace certes::dispatcher::testing
