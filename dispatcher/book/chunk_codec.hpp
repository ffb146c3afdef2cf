#pragma once
// Chunks as bytes. Lane by lane, ascending: the untried offsets as gaps, runs or bits, whichever is shortest; the tried
// ones with what belongs to them, as differences from the one before (about ten bytes each). How the ended deliveries
// of an event ended is written only while something of it is open. Who: Checkpoints' and Recovery's callers. Pure; any
// thread.

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "dispatcher/book/chunk.hpp"

namespace certes::dispatcher::book {

std::string encode(const Chunk& chunk);
// invalid: no such bytes, or of another version. too_large: it would take more memory than `most_bytes` (a few bytes
// can stand for many offsets).
Result<Shared<Chunk>> decode_chunk(std::string_view bytes, std::size_t most_bytes);

}  // namespace certes::dispatcher::book
