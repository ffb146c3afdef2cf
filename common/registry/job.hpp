#pragma once
// The parts of a Job (resources.hpp): what is to be done, to which events or dead letters, how it stands and how far it
// is. Who: registry (makes them from JSON), the API's jobs. Plain values; any thread.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/clock.hpp"

namespace certes::registry {

// reprocess_letters: of Certes itself, and without an end: what policies say is to be sent again by itself.
enum class JobKind : std::uint8_t { replay_events, replay_letters, discard_letters, reprocess_letters, erase };
std::string_view to_string(JobKind kind);

// To whom it is done: all that has every one of these. What is empty is not asked for.
struct JobFilter {
  std::string type, source, source_id, state, endpoint, conversation;
  std::string event, rule;       // of dead letters
  std::vector<std::string> ids;  // the same: these alone
  // Of an erasure, one of them: the MAC of what it names (api/erase/erased.hpp), which itself is written down nowhere.
  std::string event_hash, subject_hash;
  UnixMillis from = 0, to = 0;  // appended then or later, and before that; 0: not asked for
  bool operator==(const JobFilter&) const = default;
};

// Somebody goes on with it: a process, while it says so now and then. Nobody has begun, or it was let go: empty.
struct JobRunning {
  std::string runner;
  bool operator==(const JobRunning&) const = default;
};
struct JobPaused {
  bool operator==(const JobPaused&) const = default;
};
struct JobDone {
  bool operator==(const JobDone&) const = default;
};
struct JobCancelled {
  bool operator==(const JobCancelled&) const = default;
};
// It cannot go on until somebody mends what `error` says.
struct JobFailed {
  std::string error;
  bool operator==(const JobFailed&) const = default;
};
using JobState = std::variant<JobRunning, JobPaused, JobDone, JobCancelled, JobFailed>;
std::string_view name_of(const JobState& state);
// Nobody goes on with it, unless it is asked to.
bool has_ended(const JobState& state);

// Where something stands still that an erasure was about, as it cannot be taken from there; 0: nobody knows until when.
struct JobRemains {
  std::string where;
  UnixMillis until = 0;
  bool operator==(const JobRemains&) const = default;
};

// As of the last time that it was written down: what was done since is done again by who takes it up, and dropped as a
// repeat.
struct JobProgress {
  std::optional<std::int64_t> total;  // of what it is about; nothing: not counted yet
  std::int64_t done = 0;
  std::int64_t repeated = 0;  // had been done before, by another, as far as the log says so at once
  std::int64_t refused = 0;   // still breaks the schema of its type
  std::int64_t skipped = 0;   // was not there any more, or cannot be sent
  std::int64_t waiting = 0;   // of an erasure: events with a delivery that has not ended
  std::vector<JobRemains> remains;
  std::string cursor;  // behind what was looked at, as its kind writes it; empty: nothing was
  bool operator==(const JobProgress&) const = default;

  // Nothing: not known yet.
  std::optional<std::int64_t> left() const {
    const std::int64_t over = done + repeated + refused + skipped;
    return total ? std::optional(std::max<std::int64_t>(0, *total - over)) : std::nullopt;
  }
};

}  // namespace certes::registry
