#pragma once
// Log::erase of the embedded engine: finished records in the middle of a partition go, a bite in each of the writer's
// transactions, so that appends between them do not wait. Who: SqliteLog. Any thread; blocks.

#include <vector>

#include "common/log/sqlite/store.hpp"

namespace certes::log::sqlite {

Result<void> erase(Store& store, Partition& partition, std::vector<OffsetRange> runs, Millis timeout);

}  // namespace certes::log::sqlite
