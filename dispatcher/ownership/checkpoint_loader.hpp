#pragma once
// CheckpointLoader: what is open, as a manifest on `progress` says: made of the records of the manifest, and of the
// lanes and chunks that it names, which somebody reads for it. Who: Owner, Skip. Pure; confined to one thread.

#include <cstddef>
#include <optional>
#include <vector>

#include "dispatcher/book/items.hpp"
#include "dispatcher/book/recovery.hpp"

namespace certes::dispatcher {

class CheckpointLoader {
 public:
  explicit CheckpointLoader(std::int64_t manifest) : place_(manifest), from_(manifest) {}

  std::int64_t place() const { return place_; }  // of the manifest
  // From where records are to be added, until it is done; it moves, also back, when add() says true.
  std::int64_t from() const { return from_; }
  bool done() const { return recovery_ && next_ == parts_.size(); }
  // True: what began at from() is complete. An error: it cannot be read.
  Result<bool> add(const log::StoredRecord& record);

  // None yet, or where it stands.
  const book::Manifest* manifest() const { return recovery_ ? &recovery_->manifest() : nullptr; }
  book::Written written() const { return {place_, bytes_, recovery_->manifest().bytes_before}; }
  Result<book::OpenIndex> finish() && { return std::move(*recovery_).finish(); }

 private:
  struct Part {
    book::ItemKind kind;
    book::Manifest::Ref ref;
  };
  Result<void> take_manifest();
  Result<void> take_part(const Part& part);
  void name_parts(book::ItemKind kind, const std::vector<book::Manifest::Ref>& refs);

  std::int64_t place_, from_;
  std::uint64_t bytes_ = 0;  // of the manifest
  book::ItemReader reader_{book::ItemKind::manifest};
  std::optional<book::Recovery> recovery_;
  std::vector<Part> parts_;  // lanes, then chunks; those that stand lowest first
  std::size_t next_ = 0;
};

}  // namespace certes::dispatcher
