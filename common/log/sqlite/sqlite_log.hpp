#pragma once
// The embedded engine of the log: one SQLite file, DIRECTORY/certes.db, written by one thread. Who: certes serve.
// One process at a time. Threads as log.hpp says. How it works: store.hpp.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/log/log.hpp"
#include "common/log/on_damaged.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::log::sqlite {

inline constexpr std::string_view kFile = "certes.db";  // in the directory

struct Options {
  std::string directory;
  std::int32_t partitions = 1;  // fixed when the file is made
  // Appends that may not use the reserve are refused below this much free space; 0: no reserve.
  std::size_t reserve_bytes = 256u << 20;
  // And where so much of the file is in use; finished events go before their time first. 0: no limit but the disk.
  std::size_t max_bytes = 0;
  Millis deduplication_window = std::chrono::days(1);
  std::size_t deduplication_ids = 1'000'000;  // a partition
  config::RetentionSettings retention;
  // Of events; the other topics take 64 KiB more, registry and progress at least 1 MiB and 128 KiB.
  std::size_t max_record_bytes = 16u << 20;
  OnDamaged on_damaged = OnDamaged::unsaid;
  metrics::Metrics* metrics = nullptr;  // must outlive the log; null: nothing is counted
};

// Makes the directory and the file where they are missing. The clock must outlive the log.
// conflict: another process has it. invalid: not this engine's file, of a newer version, or of other partitions.
// unavailable: it cannot be read or written; all with the file's name and what to do.
//
// Log::health() says `unavailable` for trouble that may pass (a full disk) and `internal` where nothing more is written
// to the file until it is opened again (a sync failed, the file is damaged).
Result<std::unique_ptr<Log>> open(Options options, const Clock& clock);

}  // namespace certes::log::sqlite
