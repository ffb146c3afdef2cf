#pragma once
// PersistentMap: a sorted map by text whose copies share what they have in common. A copy costs one reference; a change
// costs O(log n) small nodes, however large the map and however many copies of earlier versions live on; what two
// versions differ in is found in O(log n) for each difference. An AVL tree, one entry a node: what no other copy holds
// is changed in place, what one does is copied on the way down. Who: State, Ledger. Copies are as apart as those of
// std::map: each confined to one thread or immutable. Nothing blocks.

#include <array>
#include <atomic>
#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace certes::registry {

template <class Value>
class PersistentMap {
  struct Node;
  class Owner;
  class Walk;
  // An AVL tree of this height has more entries than 32 bits can count.
  static constexpr std::size_t kHighest = 46;

 public:
  using value_type = std::pair<const std::string, Value>;

  // In the order of the keys. Valid while the map it came from, or a copy made since, lives unchanged.
  class const_iterator {
   public:
    using value_type = PersistentMap::value_type;
    using difference_type = std::ptrdiff_t;

    const value_type& operator*() const { return path_[depth_ - 1]->entry; }
    const value_type* operator->() const { return &path_[depth_ - 1]->entry; }
    const_iterator& operator++() {
      const Node* at = path_[--depth_];
      descend(at->right.get());
      return *this;
    }
    const_iterator operator++(int) {
      const_iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const const_iterator& other) const {
      return depth_ == other.depth_ && (depth_ == 0 || path_[depth_ - 1] == other.path_[depth_ - 1]);
    }

   private:
    friend PersistentMap;
    void descend(const Node* at) {
      for (; at != nullptr; at = at->left.get()) path_[depth_++] = at;
    }
    std::array<const Node*, kHighest> path_;  // the entry it is at, below those that come after it
    std::size_t depth_ = 0;                   // 0: the end
  };

  std::size_t size() const { return size_of(root_); }
  bool empty() const { return !root_; }
  const_iterator begin() const {
    const_iterator it;
    it.descend(root_.get());
    return it;
  }
  const_iterator end() const { return {}; }

  // Null if there is none. Valid as an iterator is.
  const Value* find(std::string_view key) const {
    for (const Node* at = root_.get(); at != nullptr;) {
      const int order = key.compare(at->entry.first);
      if (order == 0) return &at->entry.second;
      at = order < 0 ? at->left.get() : at->right.get();
    }
    return nullptr;
  }
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  // Precondition: it is there.
  const Value& at(std::string_view key) const {
    const Value* found = find(key);
    assert(found != nullptr);
    return *found;
  }
  // The first whose key is not below this one, or is above it.
  const_iterator lower_bound(std::string_view key) const { return bound(key, true); }
  const_iterator upper_bound(std::string_view key) const { return bound(key, false); }
  // How many keys begin like this.
  std::size_t count_prefix(std::string_view prefix) const {
    std::string behind(prefix);  // the least text above all that begin so
    while (!behind.empty() && behind.back() == '\xff') behind.pop_back();
    if (behind.empty()) return size() - below(prefix);
    behind.back() = static_cast<char>(static_cast<unsigned char>(behind.back()) + 1);
    return below(behind) - below(prefix);
  }

  void set(std::string key, Value value) { put(root_, std::move(key), std::move(value)); }
  // False: there was none.
  bool erase(std::string_view key) {
    if (!contains(key)) return false;
    take(root_, key);
    return true;
  }
  void clear() { root_ = Owner(); }

  // Of the tree: how many nodes a change makes at most, about. 0: it is empty.
  int height() const { return height_of(root_); }
  // Surely the same, as one is a copy of the other and neither was changed since.
  bool same_as(const PersistentMap& other) const { return root_.get() == other.root_.get(); }

  // visit(key, const Value* was, const Value* is) for each key that one of them has and the other has not or with
  // another value, in order; null: it has not.
  template <class Visit>
  static void difference(const PersistentMap& before, const PersistentMap& after, Visit&& visit);

 private:
  // A reference to a node that counts.
  class Owner {
   public:
    Owner() = default;
    explicit Owner(Node* made) : node_(made) {}
    Owner(const Owner& other) : node_(other.node_) {
      if (node_ != nullptr) node_->owners.fetch_add(1, std::memory_order_relaxed);
    }
    Owner(Owner&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Owner& operator=(Owner other) noexcept {
      std::swap(node_, other.node_);
      return *this;
    }
    ~Owner() {  // as deep as the tree is high
      if (node_ != nullptr && node_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete node_;
    }
    Node* get() const { return node_; }
    Node* operator->() const { return node_; }
    explicit operator bool() const { return node_ != nullptr; }

    // What is reached through here only may be changed. Precondition: so is what led here. Acquires, so that whoever
    // gave up the node is done with it.
    void own() {
      if (node_->owners.load(std::memory_order_acquire) != 1) *this = Owner(new Node(*node_));
    }

   private:
    Node* node_ = nullptr;
  };

  struct Node {
    Node(std::string&& key, Value&& value) : entry(std::move(key), std::move(value)) {}
    Node(const Node& other)
        : size(other.size), height(other.height), left(other.left), right(other.right), entry(other.entry) {}
    Node& operator=(const Node&) = delete;
    ~Node() = default;

    std::atomic<std::uint32_t> owners{1};
    std::uint32_t size = 1;  // of the tree below it, with itself
    std::int32_t height = 1;
    Owner left, right;
    value_type entry;
  };

  static std::size_t size_of(const Owner& at) { return at ? at->size : 0; }
  static std::int32_t height_of(const Owner& at) { return at ? at->height : 0; }

  const_iterator bound(std::string_view key, bool with_equal) const {
    const_iterator it;
    for (const Node* at = root_.get(); at != nullptr;) {
      const int order = key.compare(at->entry.first);
      const bool behind = order > 0 || (order == 0 && !with_equal);
      if (!behind) it.path_[it.depth_++] = at;
      at = behind ? at->right.get() : at->left.get();
    }
    return it;
  }

  std::size_t below(std::string_view key) const {
    std::size_t count = 0;
    for (const Node* at = root_.get(); at != nullptr;) {
      const bool is_below = at->entry.first < key;
      if (is_below) count += 1 + size_of(at->left);
      at = is_below ? at->right.get() : at->left.get();
    }
    return count;
  }

  // persistent_tree.hpp
  static void measure(Node& node);
  static void rotate(Owner& at, Owner Node::*side, Owner Node::*other);
  static void balance(Owner& at);
  static void lift(Owner& at, Owner Node::*high, Owner Node::*low);
  static void put(Owner& at, std::string&& key, Value&& value);
  static void take(Owner& at, std::string_view key);
  static Owner take_first(Owner& at);

  Owner root_;
};

}  // namespace certes::registry

#include "common/registry/persistent_tree.hpp"
