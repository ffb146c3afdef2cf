#pragma once
// The simulation of owners: some processes with a FakeDispatcher each, and beside what happens in every World, damage
// to the log itself. Confined to the test's thread.

#include "tests/dispatcher/ownership/fake_dispatcher.hpp"

namespace certes::dispatcher::testing {

struct Schedule {
  simulation::Frame frame = {};
  bool foreign = false;   // somebody else commits under the group's name
  bool truncate = false;  // `events` or the tails lose records at either end
  Mistake mistake = Mistake::none;
};

class OwnerWorld final : public simulation::World {
 public:
  explicit OwnerWorld(const Schedule& schedule)
      : World(schedule.frame), schedule_(schedule), ledger_(*cluster_, partitions_, kMaxAttempts) {}
  // Processes count what they lose.
  ~OwnerWorld() override { processes_.clear(); }
  Ledger& witness() override { return ledger_; }

 private:
  std::unique_ptr<simulation::Process> make(std::uint64_t id) override;
  void accept(Dice& dice) override;
  void damage(Dice& dice, std::int32_t partition) override;
  void commit_foreign(Dice& dice, std::int32_t partition);
  void expire_events(Dice& dice, std::int32_t partition);
  void cut_events(Dice& dice, std::int32_t partition);
  void trim(log::Topic topic, std::int32_t partition, std::int64_t before);
  void excuse(std::int32_t partition, log::OffsetRange range);

  const Schedule schedule_;
  Ledger ledger_;
  int next_event_ = 0;
};

}  // namespace certes::dispatcher::testing
