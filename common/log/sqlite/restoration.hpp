#pragma once
// Puts a copy of a log in the place of a data directory's, while no server runs there. Who: certes restore. Blocks, one
// thread.

#include <string>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/log/log.hpp"

namespace certes::log::sqlite {

struct Restoration {
  std::string from;       // what Log::copy_to has made
  std::string directory;  // made where it is missing
  bool replace = false;   // a log that is there is moved aside
};

struct Restored {
  CopyReport copy;
  std::string aside;  // where the log is that was there; empty: there was none
};

// The copy is looked over where it will stand, before anything that is there is touched; so it takes its bytes once
// more. Errors: conflict, a server runs there, or there is a log and it is not to be replaced; not_found; invalid, it
// is no copy, of another version, or damaged; unavailable, it cannot be read or written.
Result<Restored> restore(const Restoration& asked, const Clock& clock);

}  // namespace certes::log::sqlite
