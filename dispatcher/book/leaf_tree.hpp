#pragma once
// LeafTree: entries in the order of their keys, in leaves of up to 256 that copies share until one writes: a tree of
// two levels. Small where it has few entries, full leaves where keys are added in order, also in order within each of
// several groups. Who: Chunk. Confined to one thread, as Shared says.
//
// Entry: a value with `std::uint64_t key() const` and `group_of(key)` as a static function: where a leaf is to be
// split, it is split between groups.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "dispatcher/book/shared.hpp"

namespace certes::dispatcher::book {

template <class Entry>
class LeafTree {
 public:
  static constexpr std::size_t kLeaf = 256;

  bool empty() const { return leaves_.empty(); }
  std::size_t size() const { return size_; }
  // Of its own memory, an estimate of the allocator's share included; not what entries point to.
  std::size_t bytes() const { return bytes_; }

  const Entry* find(std::uint64_t key) const {
    const Entry* found = at_or_after(key);
    return found && found->key() == key ? found : nullptr;
  }
  // The first whose key is not below. Valid until something is written.
  const Entry* at_or_after(std::uint64_t key) const {
    if (leaves_.empty()) return nullptr;
    std::size_t at = leaf_of(key);
    const auto& entries = leaves_[at].leaf->entries;
    const auto found = lower(entries, key);
    if (found != entries.end()) return &*found;
    return ++at < leaves_.size() ? &leaves_[at].leaf->entries.front() : nullptr;
  }
  // The entry to be written, its key excepted; none: there is none. Precondition of its use: as above.
  Entry* change(std::uint64_t key) {
    if (leaves_.empty()) return nullptr;
    Branch& branch = leaves_[leaf_of(key)];
    const auto& entries = branch.leaf->entries;
    const auto found = lower(entries, key);
    if (found == entries.end() || found->key() != key) return nullptr;
    const auto index = static_cast<std::size_t>(found - entries.begin());
    return &branch.leaf.write().entries[index];
  }
  // Precondition: none has its key.
  Entry& insert(Entry entry) {
    const std::uint64_t key = entry.key();
    ++size_;
    if (leaves_.empty()) return add_leaf(0, std::move(entry));
    std::size_t at = leaf_of(key);
    auto index = static_cast<std::size_t>(lower(leaves_[at].leaf->entries, key) - leaves_[at].leaf->entries.begin());
    if (leaves_[at].leaf->entries.size() == kLeaf) {
      if (index == kLeaf) return add_leaf(at + 1, std::move(entry));
      const std::size_t middle = split(at, index, Entry::group_of(key));
      if (index > middle) ++at, index -= middle;
    }
    leaves_[at].first = std::min(leaves_[at].first, key);
    auto& entries = leaves_[at].leaf.write().entries;
    if (entries.size() == entries.capacity()) {
      const Measured measured(*this, entries);
      entries.reserve(std::min(kLeaf, entries.size() + entries.size() / 4 + 1));
    }
    return *entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(index), std::move(entry));
  }
  bool erase(std::uint64_t key) {
    if (leaves_.empty()) return false;
    const std::size_t at = leaf_of(key);
    const auto& seen = leaves_[at].leaf->entries;
    const auto found = lower(seen, key);
    if (found == seen.end() || found->key() != key) return false;
    const auto index = found - seen.begin();
    auto& entries = leaves_[at].leaf.write().entries;
    entries.erase(entries.begin() + index);
    --size_;
    if (hollow(entries)) shrink(at);
    return true;
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Branch& branch : leaves_)
      for (const Entry& entry : branch.leaf->entries) visit(entry);
  }
  // Keeps what `stays` says of; a leaf that loses nothing stays shared.
  template <class Stays>
  void retain(Stays&& stays) {
    for (std::size_t at = 0; at < leaves_.size();) {
      const auto& seen = leaves_[at].leaf->entries;
      if (std::all_of(seen.begin(), seen.end(), stays)) {
        ++at;
        continue;
      }
      auto& entries = leaves_[at].leaf.write().entries;
      size_ -= std::erase_if(entries, [&](const Entry& entry) { return !stays(entry); });
      const std::size_t before = leaves_.size();
      if (hollow(entries)) shrink(at);
      if (leaves_.size() == before) ++at;
    }
  }

  // Goes through the entries in order, while nothing is written.
  class Cursor {
   public:
    explicit Cursor(const LeafTree& tree) : tree_(tree) {}
    // None: behind the last.
    const Entry* get() const {
      return leaf_ < tree_.leaves_.size() ? &tree_.leaves_[leaf_].leaf->entries[index_] : nullptr;
    }
    void next() {
      if (++index_ < tree_.leaves_[leaf_].leaf->entries.size()) return;
      index_ = 0;
      ++leaf_;
    }

   private:
    const LeafTree& tree_;
    std::size_t leaf_ = 0, index_ = 0;
  };

 private:
  struct Leaf : Counted {
    Leaf() = default;
    Leaf(const Leaf& other) : Counted(other) {
      entries.reserve(other.entries.capacity());  // what bytes() counts of it stays true
      entries.insert(entries.end(), other.entries.begin(), other.entries.end());
    }
    std::vector<Entry> entries;
  };
  struct Branch {
    std::uint64_t first;  // not above any key of its leaf, above all of the one before
    Shared<Leaf> leaf;
  };
  static constexpr std::size_t kLeafBytes = sizeof(Leaf) + sizeof(Branch) + 32;

  // Counts what a vector grows or shrinks by.
  struct Measured {
    Measured(LeafTree& its_tree, const std::vector<Entry>& its_entries)
        : tree(its_tree), entries(its_entries), before(its_entries.capacity()) {}
    ~Measured() { tree.bytes_ += (entries.capacity() - before) * sizeof(Entry); }
    Measured(const Measured&) = delete;
    Measured& operator=(const Measured&) = delete;
    LeafTree& tree;
    const std::vector<Entry>& entries;
    std::size_t before;
  };

  static bool hollow(const std::vector<Entry>& entries) {
    return entries.empty() || (entries.capacity() >= 16 && entries.size() <= entries.capacity() / 4);
  }
  static auto lower(const std::vector<Entry>& entries, std::uint64_t key) {
    if (!entries.empty() && entries.back().key() < key) return entries.end();  // most are added behind the last
    return std::partition_point(entries.begin(), entries.end(),
                                [key](const Entry& entry) { return entry.key() < key; });
  }
  std::size_t leaf_of(std::uint64_t key) const {
    if (leaves_.size() == 1) return 0;
    const auto after = std::partition_point(leaves_.begin(), leaves_.end(),
                                            [key](const Branch& branch) { return branch.first <= key; });
    return after == leaves_.begin() ? 0 : static_cast<std::size_t>(after - leaves_.begin()) - 1;
  }
  Entry& add_leaf(std::size_t at, Entry&& entry) {
    auto* leaf = new Leaf;
    const std::uint64_t key = entry.key();
    leaf->entries.push_back(std::move(entry));
    leaves_.insert(leaves_.begin() + static_cast<std::ptrdiff_t>(at), Branch{key, Shared<Leaf>(leaf)});
    bytes_ += kLeafBytes + leaf->entries.capacity() * sizeof(Entry);
    return leaf->entries.back();
  }
  // What stands from the place it gives on goes to a leaf of its own.
  std::size_t split(std::size_t at, std::size_t index, std::uint64_t group) {
    auto& entries = leaves_[at].leaf.write().entries;
    const bool last_of_group = index > 0 && Entry::group_of(entries[index - 1].key()) == group &&
                               Entry::group_of(entries[index].key()) != group;
    const std::size_t middle = last_of_group ? index : kLeaf / 2;
    auto* right = new Leaf;
    const auto from = entries.begin() + static_cast<std::ptrdiff_t>(middle);
    right->entries.assign(std::make_move_iterator(from), std::make_move_iterator(entries.end()));
    {
      const Measured measured(*this, entries);
      entries.erase(from, entries.end());
      entries.shrink_to_fit();
    }
    bytes_ += kLeafBytes + right->entries.capacity() * sizeof(Entry);
    const std::uint64_t first = right->entries.front().key();
    leaves_.insert(leaves_.begin() + static_cast<std::ptrdiff_t>(at) + 1, Branch{first, Shared<Leaf>(right)});
    return middle;
  }
  void shrink(std::size_t at) {
    if (leaves_[at].leaf->entries.empty()) return remove_leaf(at);
    if (at + 1 < leaves_.size() && merge(at)) return;
    if (at > 0 && merge(at - 1)) return;
    auto& entries = leaves_[at].leaf.write().entries;
    const Measured measured(*this, entries);
    entries.shrink_to_fit();
  }
  // Takes the next one in, where both together are half a leaf at most.
  bool merge(std::size_t at) {
    const auto& next = leaves_[at + 1].leaf->entries;
    if (leaves_[at].leaf->entries.size() + next.size() > kLeaf / 2) return false;
    auto& entries = leaves_[at].leaf.write().entries;
    {
      const Measured measured(*this, entries);
      std::vector<Entry> both;
      both.reserve(entries.size() + next.size());
      both.insert(both.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
      both.insert(both.end(), next.begin(), next.end());
      entries.swap(both);
    }
    remove_leaf(at + 1);
    return true;
  }
  void remove_leaf(std::size_t at) {
    bytes_ -= kLeafBytes + leaves_[at].leaf->entries.capacity() * sizeof(Entry);
    leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(at));
    if (leaves_.empty()) leaves_.shrink_to_fit();
  }

  std::vector<Branch> leaves_;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace certes::dispatcher::book
