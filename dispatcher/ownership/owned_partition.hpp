#pragma once
// What an owner keeps of one partition of `events`. Private to Owner; confined to the core loop.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log/read_back.hpp"
#include "common/log/terms.hpp"
#include "dispatcher/book/checkpoint.hpp"
#include "dispatcher/ownership/checkpoint_loader.hpp"
#include "dispatcher/ownership/checkpoint_search.hpp"
#include "dispatcher/ownership/commit_note.hpp"
#include "dispatcher/ownership/log_check.hpp"

namespace certes::dispatcher {

enum class Phase : std::uint8_t {
  ask,      // wants what is committed (again at retry_at)
  search,   // looks for the newest checkpoint, which counts where the commit does not, or for whose the last one is
  term,     // has committed a higher term and awaits the answer
  recover,  // loads the checkpoint, appends its term records, reads the tails
  run,
  close,    // revoked and let go: its last checkpoint is on its way
  refused,  // its commit was refused: not ours, unless a later one is accepted
};

// The part of a topic that is read back when a term is taken.
struct Tail {
  std::int64_t term_offset = log::kNoOffset;  // of this term's first record, once acknowledged
  log::Terms terms;                           // in force where it is read
  std::unique_ptr<log::Reader> reader;
  bool done = false;
};

// A checkpoint on its way to the log.
struct Writing {
  book::Checkpoint checkpoint;
  std::size_t next = 0;         // the item that is to be appended next
  std::size_t unacked = 0;      // bytes of records that are on their way
  std::int64_t place = -1;      // of the item whose records are being acknowledged: its first
  std::uint64_t its_bytes = 0;  // and those that are
};

// How a recovery that starts from what is committed has come along.
struct Loading {
  enum Step { checkpoint, verify, probe, past, tails } step = checkpoint;
  std::unique_ptr<log::Reader> reader;
  std::optional<CheckpointLoader> loader;
  bool second = false;                     // it is the checkpoint before the committed one
  std::optional<book::Manifest> manifest;  // by which the index was made
  book::Written written;                   // where that stands
  LogCheck check;
  bool tails_open = false;
  bool tails_of_another = false;  // they are of the log that was replaced: only their terms count
  log::ReadBack read_back;
  CheckpointSearch search;
  std::int64_t search_end = 0;
  std::int64_t disbelieved = log::kNoOffset;  // what was committed, while searching
  std::optional<log::Committed> believed;     // our group's: the last record says whether it counts
  SteadyTime since;                           // since when the reader has given nothing
  std::int64_t lost = 0;
  int stalls = 0;
  bool from_start = false;  // nothing was ever committed
};

// Of events that are finished and too old.
struct LettingGo {
  SteadyTime at{};                    // when the next pass begins, or goes on
  bool out = false;                   // a call is
  std::optional<std::int64_t> below;  // which are old enough, in this pass; none: not known yet
  std::int64_t from = 0;              // in this pass all below is done
  std::int64_t asked = 0;             // and, once the call has ended, all below this
};

struct OwnedPartition {
  std::int32_t partition = 0;
  std::uint64_t epoch = 0;  // differs each time the partition is assigned
  Phase phase = Phase::ask;
  std::int64_t term = 0;
  bool running_before = false;  // the handler knows the partition; what is in memory holds
  bool kept = false;  // it was let go by this process, and has come back: its index holds if nobody else had it
  bool asking = false;
  bool committing = false;
  bool reading_failed = false;
  SteadyTime retry_at{};

  bool revoked = false;
  bool let_go = false;
  SteadyTime revoke_until{};

  std::vector<std::uint32_t> doubtful;  // slots of its outcomes in doubt, while tails are read
  log::Committed committed;
  log::Committed accepted_commit;  // the last one of this process that was accepted
  Loading loading;
  std::array<Tail, kTailCount> tails;

  book::OpenIndex index;   // its position: what the handler has routed
  std::int64_t given = 0;  // behind the last record that was given
  std::int64_t next = 0;   // that is to be given

  std::optional<book::Checkpoints> checkpoints;  // of the index, once it runs
  std::optional<Writing> writing;
  bool checkpoint_now = false;      // what is committed says nothing of the log that is there
  std::uint32_t accepted = 0;       // checkpoints
  std::int64_t finished_below = 0;  // as it is committed
  LettingGo letting_go;

  // All but what is known of the log is as on a first assignment.
  void come_back(std::uint64_t its_epoch, SteadyTime now) {
    epoch = its_epoch;
    phase = Phase::ask;
    running_before = asking = committing = reading_failed = revoked = let_go = false;
    kept = true;
    retry_at = now;
    doubtful.clear();
    loading = {};
    tails = {};
    letting_go = {};
  }
};

// A partition that was let go, until it comes back or another has it.
struct KeptPartition {
  std::unique_ptr<OwnedPartition> partition;
  SteadyTime until{};
};

inline std::size_t tail_index(log::Topic topic) {
  for (std::size_t i = 0; i < kTailCount; ++i)
    if (kTails[i] == topic) return i;
  return 0;
}

}  // namespace certes::dispatcher
