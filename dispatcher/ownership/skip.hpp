#pragma once
// Skip: what it means to go on behind records of a partition of `events` that are not finished, and the checkpoint that
// says so: what is open below `to` is open no more, all else stays as the last checkpoint has it. Who: certes progress
// skip, while no dispatcher runs. Blocks; confined to one thread.

#include <cstdint>
#include <optional>
#include <string>

#include "common/log/log.hpp"
#include "dispatcher/ownership/progress.hpp"

namespace certes::dispatcher {

struct Skip {
  std::int64_t from = 0;        // everything below is finished
  std::int64_t to = 0;          // where it goes on
  std::int64_t unfinished = 0;  // records that are skipped: begun and not finished, or not read
  std::string group;            // whose checkpoint it goes by; empty: there is none that names one
  Progress progress;            // as it is afterwards
};

// `committed`: the group's; `to`: none: the end. Error: invalid where nothing can be skipped to `to`.
Result<Skip> plan_skip(log::Log& log, std::int32_t partition, const log::Committed& committed,
                       std::optional<std::int64_t> to);

// Appends the checkpoint; the commit that names it. `id`: of the checkpoint, of its own.
Result<log::Committed> write_skip(log::Log& log, std::int32_t partition, const Skip& skip, std::uint64_t id);

}  // namespace certes::dispatcher
