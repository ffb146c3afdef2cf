#pragma once
// The tree of a PersistentMap: how it is changed, and how two are compared. Included by persistent_map.hpp alone.

#include <algorithm>

#include "common/registry/persistent_map.hpp"

namespace certes::registry {

template <class Value>
void PersistentMap<Value>::measure(Node& node) {
  node.size = static_cast<std::uint32_t>(1 + size_of(node.left) + size_of(node.right));
  node.height = 1 + std::max(height_of(node.left), height_of(node.right));
}

// The child on that side takes its parent's place. Precondition: the parent is owned.
template <class Value>
void PersistentMap<Value>::rotate(Owner& at, Owner Node::*side, Owner Node::*other) {
  Owner child = std::move(at.get()->*side);
  child.own();
  at.get()->*side = std::move(child.get()->*other);
  measure(*at.get());
  child.get()->*other = std::move(at);
  measure(*child.get());
  at = std::move(child);
}

// Precondition: it is owned, and its sides differ by two at most.
template <class Value>
void PersistentMap<Value>::balance(Owner& at) {
  const std::int32_t lean = height_of(at->left) - height_of(at->right);
  if (lean > 1) {
    lift(at, &Node::left, &Node::right);
  } else if (lean < -1) {
    lift(at, &Node::right, &Node::left);
  } else {
    measure(*at.get());
  }
}
template <class Value>
void PersistentMap<Value>::lift(Owner& at, Owner Node::*high, Owner Node::*low) {
  Owner& child = at.get()->*high;
  if (height_of(child.get()->*high) < height_of(child.get()->*low)) {
    child.own();
    rotate(child, low, high);
  }
  rotate(at, high, low);
}

template <class Value>
void PersistentMap<Value>::put(Owner& at, std::string&& key, Value&& value) {
  if (!at) {
    at = Owner(new Node(std::move(key), std::move(value)));
    return;
  }
  at.own();
  const int order = key.compare(at->entry.first);
  if (order == 0) {
    at->entry.second = std::move(value);
    return;
  }
  put(order < 0 ? at->left : at->right, std::move(key), std::move(value));
  balance(at);
}

// Precondition: the key is there.
template <class Value>
void PersistentMap<Value>::take(Owner& at, std::string_view key) {
  at.own();
  const int order = key.compare(at->entry.first);
  if (order != 0) {
    take(order < 0 ? at->left : at->right, key);
    return balance(at);
  }
  Owner heir;
  if (at->left && at->right) {
    heir = take_first(at->right);
    heir->left = std::move(at->left);
    heir->right = std::move(at->right);
    balance(heir);
  } else {
    heir = std::move(at->left ? at->left : at->right);
  }
  at = std::move(heir);
}
// Owned, without its sides.
template <class Value>
typename PersistentMap<Value>::Owner PersistentMap<Value>::take_first(Owner& at) {
  at.own();
  Owner first;
  if (at->left) {
    first = take_first(at->left);
    balance(at);
  } else {
    first = std::move(at);
    at = std::move(first->right);
  }
  return first;
}

// A tree in order, as whole subtrees where nobody asks for more.
template <class Value>
class PersistentMap<Value>::Walk {
 public:
  explicit Walk(const Owner& root) { push(root, true); }

  bool ended() const { return steps_.empty(); }
  // What comes next: an entry, or a whole subtree.
  const Node* next() const { return ended() ? nullptr : steps_.back().node; }
  bool whole() const { return !ended() && steps_.back().whole; }
  std::int32_t height() const { return whole() ? next()->height : 0; }
  void pass() { steps_.pop_back(); }
  // The subtree that comes next in its parts.
  void open() {
    const Node* node = next();
    pass();
    push(node->right, true);
    steps_.push_back({node, false});
    push(node->left, true);
  }

 private:
  struct Step {
    const Node* node;
    bool whole;
  };
  void push(const Owner& at, bool whole) {
    if (at) steps_.push_back({at.get(), whole});
  }
  std::vector<Step> steps_;  // the next at its back
};

// The higher of two subtrees is opened first, so that what both hold comes up in both at once, and is passed whole.
template <class Value>
template <class Visit>
void PersistentMap<Value>::difference(const PersistentMap& before, const PersistentMap& after, Visit&& visit) {
  Walk was(before.root_), is(after.root_);
  while (!was.ended() || !is.ended()) {
    if (was.next() == is.next() && was.whole() == is.whole()) {
      was.pass();
      is.pass();
    } else if (was.whole() || is.whole()) {
      (was.height() >= is.height() ? was : is).open();
    } else {
      const value_type* gone = was.ended() ? nullptr : &was.next()->entry;
      const value_type* come = is.ended() ? nullptr : &is.next()->entry;
      if (gone && come && gone->first != come->first) (gone->first < come->first ? come : gone) = nullptr;
      if (gone) was.pass();
      if (come) is.pass();
      if (gone && come && gone->second == come->second) continue;
      visit((gone ? gone : come)->first, gone ? &gone->second : nullptr, come ? &come->second : nullptr);
    }
  }
}

}  // namespace certes::registry
