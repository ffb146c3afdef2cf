#pragma once
// KeyOrder: whose turn it is in an ordered lane. Of each key everything that is open stands here in the order of the
// log; the first of a key may be sent, and what is behind it waits until the first has come to its end, however often
// it is tried. A key stands at the highest class of what it has open: what is urgent is not held up by what is not,
// where it must wait for that. Deliveries without a key wait for nothing. Kept in memory alone: it is made of the index
// whenever the partition comes, and counts as part of it (about 50 bytes a key and 8 a delivery behind its first).
//
// Who: the book asks whether a delivery may go; the loader, which ones it is to load. Pure. Confined to the core loop.
// O(1) amortised, or O(log n) in what is to be loaded.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/registry/resources.hpp"
#include "dispatcher/book/budget.hpp"

namespace certes::dispatcher {

class KeyOrder {
 public:
  using Priority = registry::Priority;
  // Of a partition key, as the index keeps it: two keys of one hash are one key. 0: there is none.
  static std::uint32_t hash_of(std::string_view partition_key);

  // `one`: everything is of one key. The budget outlives it.
  KeyOrder(bool one, Budget& memory) : one_(one), memory_(memory, 0) {}
  bool one() const { return one_; }

  struct Entry {
    std::uint32_t hash = 0;
    std::int64_t offset = 0;
    Priority priority = Priority::normal;  // its own
  };
  // Open from now on. Precondition: what is known of the key stands below it. The first of its key, where that stands
  // at a higher class now.
  std::optional<std::int64_t> add(const Entry& entry);
  // It came to its end. The next of its key, which is the first now.
  std::optional<std::int64_t> ended(std::uint32_t hash, std::int64_t offset);

  bool is_first(std::uint32_t hash, std::int64_t offset) const;
  // Nothing: nothing of the key is open, or there is none.
  std::optional<std::int64_t> first_of(std::uint32_t hash) const;
  // That it is sent by.
  Priority priority_of(const Entry& entry) const;
  // What stands before it in its key; none: it is the first. Precondition: it was added last of its key.
  std::optional<std::int64_t> before_last(std::uint32_t hash, std::int64_t offset) const;
  // So many as stand next behind the first of the key, at most.
  std::vector<std::int64_t> behind_first(std::uint32_t hash, std::size_t most) const;
  std::size_t keys() const { return keys_.size(); }

  // Those to be loaded: first of their keys, never tried, and not in memory, the highest class first, then the lowest
  // offset. What it names may be neither any more: who takes it asks.
  void to_load(const Entry& entry);  // where it is the first of its key
  struct Next {
    Priority priority;
    std::int64_t offset;
  };
  std::optional<Next> next_to_load() const;
  void pop_to_load();

  // What is in memory of the lane. The book counts them.
  std::array<std::size_t, registry::kPriorities> ready = {};  // that may be sent, by the class that they are sent by
  std::size_t waiting_behind = 0;                             // for others of their keys
  // Of that class and above.
  std::size_t ready_from(Priority priority) const;

 private:
  // Offset and class in one number, by which they are in the order of the log.
  using Packed = std::uint64_t;
  static constexpr int kClassBits = 3;
  static constexpr Packed kEnded = 1 << kClassBits;  // out of its turn: passed over when that comes
  static Packed pack(std::int64_t offset, Priority priority);
  static std::int64_t offset_of(Packed packed) { return static_cast<std::int64_t>(packed >> (kClassBits + 1)); }
  static Priority class_of(Packed packed) { return static_cast<Priority>(packed & (kEnded - 1)); }
  struct Behind {
    std::vector<Packed> entries;  // from `from` on
    std::size_t from = 0;
    std::array<std::uint32_t, registry::kPriorities> classes = {};  // of what is open, the first included
  };
  struct Key {
    Packed first = 0;
    std::unique_ptr<Behind> behind;  // none: nothing
  };
  std::uint32_t key_of(std::uint32_t hash) const { return one_ ? 1 : hash; }
  static Priority priority_of(const Key& key);
  void end_behind(Key& key, std::int64_t offset);
  std::optional<std::int64_t> advance(Key& key);

  const bool one_;
  std::unordered_map<std::uint32_t, Key> keys_;
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> to_load_;  // class, then offset
  Charge memory_;
};

}  // namespace certes::dispatcher
