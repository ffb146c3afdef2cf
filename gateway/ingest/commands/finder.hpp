#pragma once
// Finder: a command and what has become of it, read from the log, so that any process can tell. A command's id tells
// when and in which partition it was accepted; from there `events` is read for its result, and `attempts` for its
// attempts. What was found, and how far was read, is remembered (bounded), so that asking again reads only what is new.
// Who: gateway, on the searcher's threads. Any thread; one mutex, not held while the log is read. Blocks, at most
// `limit` and a little.

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/log/log.hpp"

namespace certes::gateway::commands {

struct FoundCommand {
  log::RecordPtr command;
  log::RecordPtr result;       // none yet; of a replayed command the newest
  std::uint32_t attempts = 0;  // that have ended, as far as is known
};

class Finder {
 public:
  Finder(log::Log& log, Millis limit, std::size_t remembered_bytes)
      : log_(log), limit_(limit), remembered_bytes_(remembered_bytes) {}

  // Errors: not_found; timeout (more was to be read than time allows: asking again goes on from there); unavailable.
  Result<FoundCommand> find(std::string_view tenant, std::string_view id);

 private:
  struct Known {
    FoundCommand found;
    std::int64_t events_at = 0;  // read up to there
    std::int64_t attempts_at = log::kNoOffset;
    std::int64_t term = 0;  // highest met in attempts
    std::size_t bytes() const;
    bool over() const;
  };
  struct Search;

  Known recall(std::string_view id);
  void remember(std::string_view id, const Known& known);

  log::Log& log_;
  const Millis limit_;
  const std::size_t remembered_bytes_;
  std::mutex mutex_;  // guards what follows
  std::map<std::string, Known, std::less<>> known_;
  std::deque<std::string> order_;  // oldest first
  std::size_t bytes_ = 0;
};

// When an id was made: the time of its ULID. 0: it is no id of Certes' making.
UnixMillis time_of_id(std::string_view id);

}  // namespace certes::gateway::commands
