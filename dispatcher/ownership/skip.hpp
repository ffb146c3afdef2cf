#pragma once
// Skip: what it means to go on behind records of a partition of `events` that are not finished, and the checkpoint that
// says so: what is open below `to` is open no more, all else stays as the last checkpoint has it. Who: certes progress
// skip, while no dispatcher runs. Blocks; confined to one thread.

#include <cstdint>
#include <optional>
#include <string>

#include "common/log/log.hpp"
#include "dispatcher/book/open_index.hpp"

namespace certes::dispatcher {

struct Skip {
  std::int64_t from = 0;        // everything below is finished
  std::int64_t to = 0;          // where it goes on
  std::int64_t unfinished = 0;  // deliveries that are begun and not finished, and records that are not read: skipped
  std::string group;            // whose checkpoint it goes by; empty: there is none that names one
  std::int64_t term = 0;
  book::OpenIndex index;                   // as it is afterwards
  std::optional<book::Manifest> manifest;  // that it goes by, and where that stands
  book::Written written;
};

// `committed`: the group's; `to`: none: the end. Error: invalid where nothing can be skipped to `to`.
Result<Skip> plan_skip(log::Log& log, std::int32_t partition, const log::Committed& committed,
                       std::optional<std::int64_t> to);

// Appends the checkpoint, as the group's; the commit that names it. `id`: of the checkpoint, of its own.
Result<log::Committed> write_skip(log::Log& log, std::int32_t partition, Skip& skip, const std::string& group,
                                  std::uint64_t id);

}  // namespace certes::dispatcher
