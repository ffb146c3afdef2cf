#include "dispatcher/book/key_order.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>

#include "common/base/hash.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::size_t kKeyBytes = 48;     // in the table, with the allocator's share
constexpr std::size_t kBehindBytes = 80;  // of a key with more than one
constexpr std::size_t kEntryBytes = 8;
constexpr std::size_t kKept = 64;  // entries that are over, before they are let go
constexpr int kOffsetBits = 48;    // book::kOffsets

std::size_t at(registry::Priority priority) { return static_cast<std::size_t>(priority); }

}  // namespace

std::uint32_t KeyOrder::hash_of(std::string_view partition_key) {
  if (partition_key.empty()) return 0;
  const std::uint64_t hash = hash64(partition_key);
  return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(hash ^ hash >> 32));
}

KeyOrder::Packed KeyOrder::pack(std::int64_t offset, Priority priority) {
  return static_cast<Packed>(offset) << (kClassBits + 1) | static_cast<Packed>(priority);
}

std::optional<std::int64_t> KeyOrder::add(const Entry& entry) {
  const std::uint32_t hash = key_of(entry.hash);
  if (hash == 0) return std::nullopt;
  const Packed packed = pack(entry.offset, entry.priority);
  const auto [found, is_new] = keys_.try_emplace(hash);
  Key& key = found->second;
  if (is_new) {
    key.first = packed;
    memory_.grow(kKeyBytes);
    return std::nullopt;
  }
  const Priority before = priority_of(key);
  if (!key.behind) {
    key.behind = std::make_unique<Behind>();
    ++key.behind->classes[at(class_of(key.first))];
    memory_.grow(kBehindBytes);
  }
  assert(offset_of(key.behind->entries.empty() ? key.first : key.behind->entries.back()) < entry.offset);
  key.behind->entries.push_back(packed);
  ++key.behind->classes[at(entry.priority)];
  memory_.grow(kEntryBytes);
  if (entry.priority >= before) return std::nullopt;
  return offset_of(key.first);
}

std::optional<std::int64_t> KeyOrder::ended(std::uint32_t hash, std::int64_t offset) {
  const auto found = keys_.find(key_of(hash));
  if (found == keys_.end()) return std::nullopt;
  Key& key = found->second;
  if (offset_of(key.first) != offset) {
    if (key.behind) end_behind(key, offset);
    return std::nullopt;
  }
  const auto next = advance(key);
  if (!next) {
    keys_.erase(found);
    memory_.shrink(kKeyBytes);
  }
  return next;
}

void KeyOrder::end_behind(Key& key, std::int64_t offset) {
  auto& entries = key.behind->entries;
  const auto begin = entries.begin() + static_cast<std::ptrdiff_t>(key.behind->from);
  const auto found = std::ranges::lower_bound(begin, entries.end(), offset, {}, offset_of);
  if (found == entries.end() || offset_of(*found) != offset || (*found & kEnded) != 0) return;
  *found |= kEnded;
  --key.behind->classes[at(class_of(*found))];
}

// None: it was the last.
std::optional<std::int64_t> KeyOrder::advance(Key& key) {
  if (!key.behind) return std::nullopt;
  Behind& behind = *key.behind;
  --behind.classes[at(class_of(key.first))];
  std::size_t& from = behind.from;
  while (from < behind.entries.size() && (behind.entries[from] & kEnded) != 0) ++from;
  const bool any = from < behind.entries.size();
  if (any) key.first = behind.entries[from++];
  if (from == behind.entries.size()) {
    memory_.shrink(kBehindBytes + kEntryBytes * behind.entries.size());
    key.behind.reset();
  } else if (from >= kKept && from >= behind.entries.size() / 2) {
    behind.entries.erase(behind.entries.begin(), behind.entries.begin() + static_cast<std::ptrdiff_t>(from));
    memory_.shrink(kEntryBytes * std::exchange(from, 0));
  }
  if (!any) return std::nullopt;
  return offset_of(key.first);
}

bool KeyOrder::is_first(std::uint32_t hash, std::int64_t offset) const {
  const auto found = keys_.find(key_of(hash));
  return found == keys_.end() || offset_of(found->second.first) == offset;
}

std::optional<std::int64_t> KeyOrder::first_of(std::uint32_t hash) const {
  const auto found = keys_.find(key_of(hash));
  return found == keys_.end() ? std::nullopt : std::optional(offset_of(found->second.first));
}

KeyOrder::Priority KeyOrder::priority_of(const Key& key) {
  if (!key.behind) return class_of(key.first);
  const auto& classes = key.behind->classes;
  const auto highest = std::ranges::find_if(classes, [](std::uint32_t count) { return count > 0; });
  return static_cast<Priority>(highest - classes.begin());
}

KeyOrder::Priority KeyOrder::priority_of(const Entry& entry) const {
  const auto found = keys_.find(key_of(entry.hash));
  return found == keys_.end() ? entry.priority : priority_of(found->second);
}

std::optional<std::int64_t> KeyOrder::before_last(std::uint32_t hash, std::int64_t offset) const {
  const auto found = keys_.find(key_of(hash));
  if (found == keys_.end() || offset_of(found->second.first) == offset || !found->second.behind) return std::nullopt;
  const Behind& behind = *found->second.behind;
  for (std::size_t last = behind.entries.size() - 1; last > behind.from; --last)
    if ((behind.entries[last - 1] & kEnded) == 0) return offset_of(behind.entries[last - 1]);
  return offset_of(found->second.first);
}

std::vector<std::int64_t> KeyOrder::behind_first(std::uint32_t hash, std::size_t most) const {
  std::vector<std::int64_t> next;
  const auto found = keys_.find(key_of(hash));
  if (found == keys_.end() || !found->second.behind) return next;
  const Behind& behind = *found->second.behind;
  for (std::size_t i = behind.from; i < behind.entries.size() && next.size() < most; ++i)
    if ((behind.entries[i] & kEnded) == 0) next.push_back(offset_of(behind.entries[i]));
  return next;
}

void KeyOrder::to_load(const Entry& entry) {
  if (!is_first(entry.hash, entry.offset)) return;
  const auto highest = static_cast<std::uint64_t>(priority_of(entry));
  to_load_.push(highest << kOffsetBits | static_cast<std::uint64_t>(entry.offset));
  memory_.grow(kEntryBytes);
}

std::optional<KeyOrder::Next> KeyOrder::next_to_load() const {
  if (to_load_.empty()) return std::nullopt;
  const std::uint64_t top = to_load_.top();
  return Next{static_cast<Priority>(top >> kOffsetBits),
              static_cast<std::int64_t>(top & ((std::uint64_t{1} << kOffsetBits) - 1))};
}

void KeyOrder::pop_to_load() {
  to_load_.pop();
  memory_.shrink(kEntryBytes);
}

std::size_t KeyOrder::ready_from(Priority priority) const {
  return std::accumulate(ready.begin(), ready.begin() + static_cast<std::ptrdiff_t>(at(priority)) + 1, std::size_t{0});
}

}  // namespace certes::dispatcher
