#pragma once
// What is written is made durable: files, and the names in directories, by fsync(2). Who: what keeps files beside the
// log. Any thread; blocks for as long as the disk takes.

#include <string>

#include "common/base/result.hpp"

namespace certes {

// A file, or a directory with the names that are in it. Error: unavailable, with the path and the system's reason.
Result<void> sync_path(const std::string& path);
// The directory that a path is in: a name that was made or changed lasts only then.
Result<void> sync_directory_of(const std::string& path);

}  // namespace certes
