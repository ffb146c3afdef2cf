#pragma once
// Files that only their owner may read: keys in the data directory. Any thread.

#include <string>

#include "common/base/result.hpp"

namespace certes {

inline constexpr unsigned kPrivate = 0600;

// Makes the directory (0700) where it is missing. Error: unavailable, with its name.
Result<void> make_directory(const std::string& path);
// Makes the file, mode 0600, whole or not at all, durable when it returns. conflict: it is there already.
Result<void> make_private_file(const std::string& path, const std::string& text);
// Makes or replaces the file, whole or not at all: others may wait for it.
Result<void> replace_file(const std::string& path, const std::string& text, unsigned mode = 0644);

}  // namespace certes
