#pragma once
// One partition in a seeded simulation: `events`, the tails and `progress` as logs, owners that crash, appends that
// land late, in order, or never, behind another's term; checkpoints that end anywhere on their way. After each
// recovery, and whenever nothing is on its way, the index must be what an all-knowing reader of the logs says. Rules
// can be broken on purpose, one at a time, as in the model of the protocol: each must be found out. Who: recovery_test.

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/random.hpp"
#include "dispatcher/book/checkpoint.hpp"
#include "dispatcher/book/recovery.hpp"

namespace certes::dispatcher::book {

enum class Fault {
  none,
  position_unrouted,  // the manifest's position counts records that are not routed yet
  additions_left,     // a chunk with newly routed deliveries is not written
  term_of_writer,     // tails are judged from the manifest writer's term, not from the one at their start
  positions_live,     // the tails' positions are those when the manifest is composed, not when the chunks were copied
  dirt_forgotten,     // ... ignore chunks that were left dirty
  ahead_forgotten,    // ... and outcomes of records that are yet to be read again
  trim_progress,      // `progress` is trimmed below the manifest, whatever it names
  trim_events_live,   // `events` are trimmed by what is in memory
  commit_early,       // the commit does not wait for a chunk's acknowledgement
  finish_early,       // a delivery ends when its outcome is appended, not when that is acknowledged
  abandoned_counts,   // a checkpoint in doubt counts as written
};

class Partition {
 public:
  Partition(std::uint64_t seed, Fault fault);
  // Empty, or what is wrong.
  std::string run(int steps);

 private:
  struct Event {
    Landmark record;
    std::map<int, Priority> to;  // by endpoint
  };
  struct TailRecord {
    std::int64_t term = 0;
    bool term_only = false;
    std::int64_t offset = 0;
    int endpoint = 0;
    std::optional<Ended> ended;
    Tried tried;
    Reason reason;
  };
  struct Tail {
    std::vector<std::pair<TailRecord, bool>> log;  // and whether it counts
    std::int64_t highest = 0;
    std::deque<TailRecord> sent;       // by the owner, not landed
    std::deque<std::int64_t> landed;   // not told to the owner: places
    std::deque<TailRecord> forgotten;  // sent by former owners
  };
  struct Delivery {  // as the logs have it
    std::optional<Ended> ended;
    std::optional<Tried> tried;
  };

  std::uint64_t below(std::uint64_t limit) { return random_.bits() % limit; }
  bool broken(Fault fault) const { return fault_ == fault; }
  void wrong(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }
  void step();
  void accept_event();
  void route();
  void outcome();
  void send(std::size_t tail, TailRecord&& record);
  void append(Tail& tail, const TailRecord& record);
  void land(Tail& tail);
  void tell(std::size_t tail);
  void tell_all();
  void reflect(const TailRecord& record);

  void checkpoint();
  void append_item();
  std::int64_t append_progress(std::vector<log::Record>&& records);
  void commit();
  void trim(Checkpoints::Trim to);
  void break_copy();

  void crash();
  void recover();
  void new_term();
  void take_term();
  void read_tails(const TailPlaces& from);
  bool read_checkpoint(std::int64_t place);
  bool read_item(std::int64_t place, ItemReader& reader);

  Delivery known(std::int64_t offset, int endpoint) const;
  void check();
  void check_noted(const Manifest& manifest);

  Random random_;
  const Fault fault_;
  std::string wrong_;

  std::vector<Event> events_;
  std::array<Tail, kTailCount> tails_;
  std::vector<log::StoredRecord> progress_;
  std::deque<log::Record> forgotten_progress_;
  std::int64_t progress_start_ = 0, events_start_ = 0;
  std::int64_t committed_ = -1;  // a manifest's place

  std::uint64_t owners_ = 0;
  std::int64_t term_ = 0;
  OpenIndex index_;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::size_t next_event_ = 0;                             // to be routed
  std::map<std::pair<std::int64_t, int>, int> recording_;  // outcomes of a delivery that are on their way
  std::optional<Checkpoint> checkpoint_;
  std::size_t next_item_ = 0;
  std::vector<Checkpoints::Trim> trims_;
  UnixMillis time_ = 1'790'000'000'000;
};

}  // namespace certes::dispatcher::book
