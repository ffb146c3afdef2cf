#pragma once
// Recovery: the index of a partition made again from what stands on the log. Who: the owner, on assignment. Pure;
// confined to the core loop (decoding is not: chunk_codec, manifest_codec).
//
// First the pieces of lanes that the manifest names, then its chunks, each once and in any order; finish() gives the
// index as the manifest says it was. Then the tails, from the manifest's positions up to the own term records, judged
// void from the noted terms: OpenIndex::reflect() with each valid outcome. Then OpenIndex::set_tails() behind the term
// records, rebuild_calendar(), Checkpoints::resume(), and reading goes on at the position: what the tails said of
// records at or above it waits ahead. An error means that the manifest is unreadable: the one before counts.
//
// A rebuild, where none is readable: OpenIndex(watermark), set_tails() to the tails' starts with term 0, route() with
// all up to the end, reflect() with all of the tails, set_tails(), rebuild_calendar().

#include <cstddef>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "dispatcher/book/manifest_codec.hpp"
#include "dispatcher/book/open_index.hpp"

namespace certes::dispatcher::book {

class Recovery {
 public:
  explicit Recovery(Manifest manifest);
  const Manifest& manifest() const { return manifest_; }
  Result<void> add_lanes(const Manifest::Ref& ref, const std::vector<LaneRow>& lanes);
  Result<void> add_chunk(const Manifest::Ref& ref, Shared<Chunk> chunk);
  Result<OpenIndex> finish() &&;

 private:
  Manifest manifest_;
  OpenIndex index_;
  std::size_t left_;  // pieces and chunks
};

}  // namespace certes::dispatcher::book
