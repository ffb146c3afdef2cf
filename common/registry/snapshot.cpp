#include "common/registry/snapshot.hpp"

#include "common/base/hash.hpp"
#include "common/registry/audit_json.hpp"

namespace certes::registry {
namespace {

constexpr std::size_t kParts = 8;
constexpr std::uint64_t kSeed = 0xcbf29ce484222325ull;

}  // namespace

SnapshotWriter::SnapshotWriter(const Decider& decider, std::string id, std::int64_t as_of, std::size_t chunk_bytes)
    : chunk_bytes_(chunk_bytes),
      entries_(decider.ledger().entries()),
      audit_(decider.audit().entries().begin(), decider.audit().entries().end()),
      next_entry_(entries_.begin()),
      end_{std::move(id), as_of, 0, {}, {decider.decided().begin(), decider.decided().end()}},
      check_(kSeed) {}

std::optional<std::string> SnapshotWriter::next_chunk() {
  if (end_.chunks > 0 && next_entry_ == entries_.end() && next_audit_ == audit_.size()) return std::nullopt;
  SnapshotChunk chunk{end_.snapshot, end_.as_of, end_.chunks, {}, Json::array()};
  std::size_t bytes = 0;
  const auto fits = [&](std::size_t more) {
    const bool fit = bytes == 0 || bytes + more + 1 <= chunk_bytes_;
    if (fit) bytes += more + 1;
    return fit;
  };
  while (next_entry_ != entries_.end() && fits(encode(*next_entry_->second).size()))
    chunk.resources.push_back((next_entry_++)->second);
  while (next_entry_ == entries_.end() && next_audit_ < audit_.size()) {
    Json json = stored_entry(audit_[next_audit_]);
    if (!fits(json.dump(-1, ' ', false, Json::error_handler_t::replace).size())) break;
    chunk.audit.push_back(std::move(json));
    ++next_audit_;
  }
  std::string text = encode(chunk);
  check_ = hash64(text, check_);
  ++end_.chunks;
  return text;
}

std::string SnapshotWriter::end() const {
  SnapshotEnd end = end_;
  end.check = std::to_string(check_);
  return encode(end);
}

void SnapshotAssembler::add(SnapshotChunk&& chunk, std::string_view value, bool keep, std::uint64_t bytes_before) {
  if (chunk.chunk == 0) {
    if (parts_.size() >= kParts) parts_.erase(parts_.begin());  // ids rise with time: the oldest
    Part part;
    part.snapshot.id = chunk.snapshot;
    part.snapshot.as_of = chunk.as_of;
    part.snapshot.bytes_before = bytes_before;
    part.check = kSeed;
    parts_.insert_or_assign(chunk.snapshot, std::move(part));
  }
  const auto it = parts_.find(chunk.snapshot);
  if (it == parts_.end()) return;
  Part& part = it->second;
  if (chunk.chunk != part.next_chunk || chunk.as_of != part.snapshot.as_of) {
    parts_.erase(it);
    return;
  }
  ++part.next_chunk;
  part.check = hash64(value, part.check);
  if (!keep) return;
  for (EntryPtr& entry : chunk.resources) part.snapshot.resources.push_back(std::move(entry));
  part.snapshot.audit.push_back(std::move(chunk.audit));
}

std::optional<Snapshot> SnapshotAssembler::finish(const SnapshotEnd& end) {
  const auto it = parts_.find(end.snapshot);
  if (it == parts_.end()) return std::nullopt;
  Part part = std::move(it->second);
  parts_.erase(it);
  if (part.next_chunk != end.chunks || part.snapshot.as_of != end.as_of || std::to_string(part.check) != end.check) {
    return std::nullopt;
  }
  part.snapshot.decided = end.decided;
  return std::move(part.snapshot);
}

}  // namespace certes::registry
