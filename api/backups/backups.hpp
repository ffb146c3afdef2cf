#pragma once
// Backups: copies of the embedded log, made while it is used, in a directory of the server's: one at a time, at a
// bounded rate, each looked over before it is called one. The last `keep` stay. What is made on request of one process
// is known to it alone: the embedded log has one. Who: the routes of backups. Any thread; making one is a thread of its
// own, of low priority.

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"
#include "common/base/wake_signal.hpp"
#include "common/log/log.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::api {

struct Backup {
  enum class State : std::uint8_t { running, done, failed };
  std::string name;
  std::string file;  // on the server
  State state = State::running;
  std::int64_t bytes = 0, total = 0;    // copied, of how many; of one that is done both are the file's
  std::optional<std::int64_t> records;  // of one that this process has made
  std::optional<UnixMillis> started_at, ended_at;
  std::string error;
};

class Backups {
 public:
  struct Options {
    std::string directory;             // made where it is missing
    std::size_t bytes_per_second = 0;  // 0: no bound
    std::size_t keep = 0;              // of those that are done; 0: all
    std::size_t reserve_bytes = 0;     // of the disk, that a backup leaves free
  };
  // All outlive it.
  Backups(Options options, log::Log& log, const Clock& clock, metrics::Metrics& metrics);
  // Ends the one that is being made.
  ~Backups();
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;

  // Empty: a name is made of the time. Errors: invalid, it is no name; conflict, one is being made, or there is one of
  // that name; unavailable, the directory cannot be made, or the disk has too little room.
  Result<Backup> begin(std::string name);
  // The newest first. Error: unavailable.
  Result<std::vector<Backup>> list() const;
  // Error: not_found.
  Result<Backup> find(const std::string& name) const;
  // Ends it where it is being made. Errors: not_found; unavailable.
  Result<void> remove(const std::string& name);

 private:
  void run();
  // `why`: it ends, if that is said.
  bool pace(const log::CopyProgress& progress, SteadyTime begun, std::string& why);
  void end(const Result<log::CopyReport>& report);
  void drop_old();
  Backup backup_of(const std::string& name) const;

  const Options options_;
  log::Log& log_;
  const Clock& clock_;
  metrics::Gauge last_success_;
  metrics::Counter done_, failed_;
  mutable Mutex mutex_;
  std::optional<Backup> latest_ CERTES_GUARDED_BY(mutex_);  // begun by this process
  WakeSignal signal_;
  std::atomic<bool> stopping_{false};
  std::thread thread_ CERTES_GUARDED_BY(mutex_);
};

std::string_view to_string(Backup::State state);

}  // namespace certes::api
