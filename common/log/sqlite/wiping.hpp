#pragma once
// Log::wipe of the embedded engine: the file's free pages are overwritten (Filler), a bite in each of the writer's
// transactions; then the write-ahead log, in which all of that stood too, begins anew as an empty file. Who: SqliteLog.
// Any thread; blocks.

#include "common/log/sqlite/store.hpp"

namespace certes::log::sqlite {

// True: all of it; false: some of it, within `timeout`. Errors: unavailable; timeout, of a disk that stands still.
Result<bool> wipe(Store& store, Millis timeout);

}  // namespace certes::log::sqlite
