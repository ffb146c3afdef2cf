#include "api/history/sealed.hpp"

#include <sqlite3.h>

namespace certes::api::history {

void throw_damaged(const std::string& what) { throw Failure(SQLITE_CORRUPT, "a row of " + what + " has been changed"); }

bool is_damage(const Failure& failure) {
  const int primary = failure.code() & 0xff;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

}  // namespace certes::api::history
