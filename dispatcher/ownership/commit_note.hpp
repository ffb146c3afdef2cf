#pragma once
// CommitNote: the metadata of a commit: the checkpoint that belongs to it, and the term. By it an owner knows its
// group's commits from those that other programs make. Who: Owner. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/log/log.hpp"

namespace certes::dispatcher {

struct CommitNote {
  std::int64_t manifest = log::kNoOffset;  // place of the checkpoint's manifest on `progress`; none: no checkpoint
  std::int64_t previous = log::kNoOffset;  // and of the one before, should that be unreadable
  std::int64_t term = 0;
  std::int64_t offset = log::kNoOffset;  // that is committed: another one was put there by another program
  bool operator==(const CommitNote&) const = default;
};
std::string encode(const CommitNote& note);
// Nothing: another program made the commit.
std::optional<CommitNote> decode_note(std::string_view metadata);

}  // namespace certes::dispatcher
