#pragma once
// Looks a file of this engine over that nobody has open: whether it is one, of this version, whole, and each record in
// it can be read. Who: copies, before they are called one; certes restore. Any thread; reads the whole file.

#include <string>

#include "common/base/result.hpp"
#include "common/log/log.hpp"

namespace certes::log::sqlite {

// Errors: not_found; invalid, it is no log of this version, or it is damaged, with the place; unavailable.
Result<CopyReport> inspect(const std::string& path);

}  // namespace certes::log::sqlite
