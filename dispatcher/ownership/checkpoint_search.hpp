#pragma once
// CheckpointSearch: the newest complete manifest of what stands in a partition of `progress`, for an owner that cannot
// go by what is committed. Who: Owner, Skip. Pure; confined to one thread.

#include <map>
#include <optional>
#include <string>

#include "dispatcher/book/items.hpp"
#include "dispatcher/ownership/commit_note.hpp"

namespace certes::dispatcher {

class CheckpointSearch {
 public:
  // The records from the first on, in their order.
  void add(const log::StoredRecord& record);
  // As its owner would have committed it, with the highest term that stands there.
  std::optional<CommitNote> newest() const;
  const std::string& group() const { return group_; }            // whose it is
  const std::string& last_group() const { return last_group_; }  // whose the last record is, of whatever item

 private:
  struct Begun {
    book::ItemReader reader{book::ItemKind::manifest};
    std::int64_t place = log::kNoOffset;
  };
  void complete(const Begun& begun);

  std::map<std::uint64_t, Begun> begun_;  // by checkpoint: a former owner's may stand between an owner's
  std::int64_t highest_ = 0;              // term: records of a lower one behind it are void
  std::optional<CommitNote> newest_;
  std::string group_, last_group_;
};

}  // namespace certes::dispatcher
