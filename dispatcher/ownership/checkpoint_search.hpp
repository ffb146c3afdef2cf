#pragma once
// CheckpointSearch: the newest complete checkpoint of what stands in a partition of `progress`, for an owner that
// cannot go by what is committed. Who: Owner. Pure; confined to one thread.

#include <map>
#include <optional>

#include "dispatcher/ownership/commit_note.hpp"
#include "dispatcher/ownership/progress.hpp"

namespace certes::dispatcher {

class CheckpointSearch {
 public:
  // The records from the first on, in their order.
  void add(const log::StoredRecord& record);
  // As its owner would have committed it.
  const std::optional<CommitNote>& newest() const { return newest_; }
  const std::string& group() const { return group_; }            // whose it is
  const std::string& last_group() const { return last_group_; }  // whose the last end is, complete or not

 private:
  struct Begun {
    CheckpointReader reader;
    std::int64_t first = log::kNoOffset;
  };
  void complete(const Begun& checkpoint, std::int64_t last);

  std::map<std::uint64_t, Begun> begun_;  // by id: a former owner's may stand between an owner's
  std::optional<CommitNote> newest_;
  std::string group_, last_group_;
};

}  // namespace certes::dispatcher
