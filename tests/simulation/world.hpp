#pragma once
// World: some processes on one cluster, each with an Owner and what stands on it, and a random schedule of what happens
// to them, all from one seed. Then everything heals, and all that was accepted must end. What the processes are, what
// they are given and who judges them, a simulation says by deriving from it. Confined to the test's thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dispatcher/ownership/owner.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/simulation/dice.hpp"
#include "tests/simulation/witness.hpp"

namespace certes::simulation {

using tests::ManualClock;

// What all schedules have.
struct Frame {
  std::uint64_t seed = 1;
  int events = 6;
  std::size_t processes = 3;
  int steps = 250;
  bool unaware = false;    // a process that lost its partitions goes on for a while
  bool corrupt = false;    // a committed checkpoint becomes unreadable
  bool crowded = false;    // the log has little room
  bool unfenced = false;   // the cluster accepts commits of former owners
  int stretch = 1;         // how much more time passes
  int restart_after = -1;  // the step after which all processes are killed and one is started
};

class Process {
 public:
  virtual ~Process() = default;  // a crash

  virtual std::uint64_t id() const = 0;
  virtual dispatcher::Owner& owner() = 0;
  virtual void round(Dice& dice) = 0;  // of its loop
  virtual void act(Dice& dice) = 0;    // something comes that it waits for, or it does something
  virtual void settle() = 0;           // all comes that it waits for, and it does all that it can
  virtual void superseded() = 0;       // its group has taken it for dead, and it does not know
  virtual bool failed() const = 0;     // a call was refused
  virtual bool unsettled() const { return false; }
};

class World {
 public:
  explicit World(const Frame& frame);
  virtual ~World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Empty: nothing was violated.
  std::string run();
  virtual Witness& witness() = 0;
  std::size_t faults() const { return faults_; }

 protected:
  virtual std::unique_ptr<Process> make(std::uint64_t id) = 0;
  virtual void accept(Dice& dice) = 0;                                // an event, should there be more
  virtual bool own_step(Dice& /*dice*/) { return false; }             // true: that was it
  virtual void damage(Dice& /*dice*/, std::int32_t /*partition*/) {}  // more of it
  virtual void begin_healing() {}

  void start_process();
  void crash(std::size_t index);
  void crash_all();
  void say(std::string what) { witness().say(std::move(what)); }
  // Of the owner of process `id`: runs when the schedule says, and not at all once that process has crashed.
  std::function<void(std::function<void()>)> background(std::uint64_t id);
  std::int32_t any_partition(Dice& dice) const {
    return static_cast<std::int32_t>(dice.pick(static_cast<std::size_t>(partitions_)));
  }

  const Frame frame_;
  const std::int32_t partitions_;
  ManualClock clock_;
  const std::shared_ptr<log::memory::Cluster> cluster_;
  std::vector<std::unique_ptr<Process>> processes_;

 private:
  void step(Dice& dice);
  void fault(Dice& dice);
  void break_something(Dice& dice, Process& process);
  void land_some(Dice& dice, bool refused);
  void pick(Dice& dice);
  void expire(Process& process);
  void corrupt_checkpoint(Dice& dice, std::int32_t partition);
  void run_jobs();
  void arrive();  // all that is on its way
  void heal();
  void leave_all();
  bool settled();
  std::string verdict();

  struct Job {
    std::uint64_t process;
    std::function<void()> run;
  };
  const double fault_rate_;
  std::vector<Job> jobs_;
  std::uint64_t next_process_ = 1;
  std::size_t faults_ = 0;
};

}  // namespace certes::simulation
