#pragma once
// What an owner keeps of one partition of `events`. Private to Owner; confined to the core loop.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log/read_back.hpp"
#include "common/log/terms.hpp"
#include "dispatcher/ownership/checkpoint_search.hpp"
#include "dispatcher/ownership/commit_note.hpp"
#include "dispatcher/ownership/offset_tracker.hpp"
#include "dispatcher/ownership/outcome_records.hpp"
#include "dispatcher/ownership/progress.hpp"

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
  std::int64_t position = 0;                  // every record below is reflected, unless void
  std::int64_t term_offset = log::kNoOffset;  // of this term's first record, once acknowledged
  log::Terms terms;                           // in force where it is read
  std::unique_ptr<log::Reader> reader;
  bool from_start = false;  // its position is not on the log (any more)
  bool done = false;
};

struct Checkpoint {
  bool busy = false;  // appended or being committed
  std::size_t awaited = 0;
  CommitNote note;
};

// How a recovery that starts from what is committed has come along.
struct Loading {
  enum Step { checkpoint, verify, probe, past, tails } step = checkpoint;
  std::unique_ptr<log::Reader> reader;
  CheckpointReader parts;
  log::ReadBack read_back;
  CheckpointSearch search;
  std::int64_t search_end = 0;
  std::int64_t disbelieved = log::kNoOffset;  // what was committed, while searching
  std::optional<log::Committed> believed;  // it is our group's: the last checkpoint's end says whether it still counts
  SteadyTime since;                        // since when the reader has given nothing
  std::int64_t probed = 0;                 // the record before this offset of `events` was appended at `expected`
  UnixMillis expected = 0;
  std::int64_t lost = 0;
  int stalls = 0;
  bool from_start = false;  // nothing was ever committed
};

// The log of `events` is not the one that was read before (truncated and written again): offsets mean nothing, and what
// the tails show is known by the event's id.
struct Replaced {
  UnixMillis since = 0;  // records of tails older than this cannot be of events that are read again
  std::int64_t end = 0;  // up to where events are read again
  std::map<std::string, DeliveryStates, std::less<>> by_event;
};

struct OwnedPartition {
  std::int32_t partition = 0;
  std::uint64_t epoch = 0;  // differs each time the partition is assigned
  Phase phase = Phase::ask;
  std::int64_t term = 0;
  std::int64_t good = 0;        // the term in which it last ran
  bool running_before = false;  // the handler knows the partition; what is in memory holds
  bool asking = false;
  bool committing = false;
  bool reading_failed = false;
  SteadyTime retry_at{};

  bool revoked = false;
  bool let_go = false;
  SteadyTime revoke_until{};

  std::vector<std::uint32_t> doubtful;  // slots of its outcomes in doubt, while tails are read
  log::Committed committed;
  Loading loading;
  std::optional<Replaced> replaced;
  std::array<Tail, kTailCount> tails;

  OffsetTracker tracker;
  std::map<std::int64_t, DeliveryStates> states;  // of unfinished records, read or yet to be read

  std::size_t tail_bytes = 0;  // since the last checkpoint
  bool changed = false;
  SteadyTime checkpoint_at{};
  Checkpoint checkpoint;
  std::int64_t previous_checkpoint = log::kNoOffset;  // first record of the one before the committed one
  std::int64_t committed_checkpoint = log::kNoOffset;
  std::uint32_t checkpoints = 0;
};

inline std::size_t tail_index(log::Topic topic) {
  for (std::size_t i = 0; i < kTailCount; ++i)
    if (kTails[i] == topic) return i;
  return 0;
}

}  // namespace certes::dispatcher
