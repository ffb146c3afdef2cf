#pragma once
// Finder: a command and what has become of it, read from the log, so that any process can tell. A command's id tells
// when and in which partition it was accepted; from there `events` is read for its result, and `attempts` for its
// attempts. What was found, and how far was read, is remembered (bounded), so that asking again reads only what is new;
// so is how far one that is not there was looked for: asking again goes on from there, and finds it should it come.
// Who: gateway, on the searcher's threads. Any thread; one mutex, not held while the log is read. Blocks, at most
// `limit` and a little.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"
#include "common/log/log.hpp"
#include "common/log/terms.hpp"
#include "gateway/commands/remembered.hpp"

namespace certes::gateway::commands {

struct FoundCommand {
  log::RecordPtr command;
  log::RecordPtr result;       // none yet; of a replayed command the newest
  std::uint32_t attempts = 0;  // that have ended, as far as is known
};

class Finder {
 public:
  // `found_bytes`, `absent_bytes`: of what is remembered of commands, and of ids that were not there.
  Finder(log::Log& log, Millis limit, std::size_t found_bytes, std::size_t absent_bytes)
      : log_(log), limit_(limit), found_(found_bytes), absent_(absent_bytes) {}

  // Errors: not_found; timeout (more was to be read than time allows: asking again goes on from there); unavailable.
  Result<FoundCommand> find(std::string_view tenant, std::string_view id);

 private:
  struct Known {
    FoundCommand found;
    std::int64_t events_at = 0;  // read up to there
    std::int64_t attempts_at = log::kNoOffset;
    log::Terms terms;  // of attempts
    std::size_t bytes() const;
    bool over() const;
  };
  // How far an id was looked for: near its time where it should be, and by partition further from it.
  struct Looked {
    std::int64_t near = log::kNoOffset;
    std::vector<std::int64_t> far;
    std::size_t bytes() const { return 256 + far.size() * sizeof(std::int64_t); }
  };
  struct Search;

  void remember(std::string_view id, const Known& known) CERTES_REQUIRES(mutex_);

  log::Log& log_;
  const Millis limit_;
  Mutex mutex_;
  Remembered<Known> found_ CERTES_GUARDED_BY(mutex_);
  Remembered<Looked> absent_ CERTES_GUARDED_BY(mutex_);
};

// When an id was made: the time of its ULID. 0: it is no id of Certes' making.
UnixMillis time_of_id(std::string_view id);

}  // namespace certes::gateway::commands
