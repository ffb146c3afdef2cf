#pragma once
// CoreWorld: the simulation of the real core: events, commands, posted results, replays and repeats come to some
// dispatchers (CoreProcess), while the registry changes. Confined to the test's thread.

#include "tests/dispatcher/simulation/core_process.hpp"

namespace certes::dispatcher::simulation {

struct Schedule {
  certes::simulation::Frame frame = {.events = 8, .processes = 2, .steps = 300};
  bool changes = true;   // of the registry
  bool clocks = false;   // the wall clock jumps
  bool gone = true;      // endpoints answer 410
  bool timed = true;     // one endpoint's deliveries end by time, not by number
  Millis apart{0};       // the clock of the registry's broker is ahead of all others, and gateways lag behind it
  bool watched = false;  // dead letters are told of, to one endpoint
  Mistake mistake = Mistake::none;
  Life life = {};
};

class CoreWorld final : public certes::simulation::World {
 public:
  explicit CoreWorld(const Schedule& schedule);
  // Processes count what they lose.
  ~CoreWorld() override { processes_.clear(); }
  Judge& witness() override { return judge_; }

 private:
  std::unique_ptr<certes::simulation::Process> make(std::uint64_t id) override;
  void accept(Dice& dice) override;
  bool own_step(Dice& dice) override;
  void damage(Dice& dice, std::int32_t partition) override;
  void begin_healing() override;

  event::Event new_event(Dice& dice);
  void put(log::Record&& record, std::int32_t partition);
  void stamp(log::Record& record) const;
  void repeat(Dice& dice);
  void replay(Dice& dice);
  void post_result(Dice& dice);

  const Schedule schedule_;
  const double change_rate_;
  const crypto::Sealer sealer_;
  RegistryScript registry_;
  Judge judge_;
  std::vector<log::RecordPtr> events_, commands_;  // that were accepted
  int next_event_ = 0, next_extra_ = 0;
};

}  // namespace certes::dispatcher::simulation
