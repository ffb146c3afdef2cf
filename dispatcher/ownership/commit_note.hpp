#pragma once
// CommitNote: the metadata of a commit: the checkpoint that belongs to it, and the term. By it an owner knows its
// group's commits from those that other programs make. Who: Owner. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/log/log.hpp"

namespace certes::dispatcher {

struct CommitNote {
  std::int64_t first = log::kNoOffset;  // of the checkpoint's records in `progress`; none: no checkpoint
  std::int64_t last = log::kNoOffset;
  std::int64_t term = 0;
  UnixMillis before = 0;                 // as in Progress, should the checkpoint be unreadable
  std::int64_t offset = log::kNoOffset;  // that is committed: another one was put there by another program
};
std::string encode(const CommitNote& note);
// Nothing: another program made the commit.
std::optional<CommitNote> decode_note(std::string_view metadata);

}  // namespace certes::dispatcher
