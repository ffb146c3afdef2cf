#pragma once
// Log::copy_to of the embedded engine: SQLite's online backup, a part of it behind each of some of the writer's
// transactions, through the writer's own connection. So what is committed meanwhile reaches the copy without its being
// begun anew, and no reader stands in the way of the write-ahead log, which a copy by another connection would hold up
// for as long as it takes. Who: SqliteLog. Any thread; blocks.

#include <string>

#include "common/log/sqlite/store.hpp"

namespace certes::log::sqlite {

Result<CopyReport> copy(Store& store, const std::string& path, const CopyPace& pace);

}  // namespace certes::log::sqlite
