#pragma once
// What an SQLite failure means for the appends it met, and whether the file may still be written. Who: the writer, the
// readers, open(). Pure.
//
// Before the sync a failed write is surely not there. From the sync on nothing is sure: a failed fsync may leave the
// commit on the disk (it was found on reopening), and the kernel forgets which pages it could not write. So that is the
// end of this engine; opening the file again recovers it.

#include <string>

#include "common/base/error.hpp"
#include "common/log/log.hpp"
#include "common/log/sqlite/connection.hpp"

namespace certes::log::sqlite {

enum class Stage { writing, committing, checkpointing, reading };

struct Verdict {
  AppendOutcome outcome = AppendOutcome::not_persisted;
  bool fatal = false;  // nothing more may be written until the file is opened again
  Error error;
};

Verdict judge(const Failure& failure, Stage stage, const std::string& path);

}  // namespace certes::log::sqlite
