#pragma once
// Intrusive doubly linked list: whoever is listed carries its links, so that joining and leaving cost no allocation and
// O(1). A node is in at most one list; it must leave before it is destroyed. Who: scheduler, timing wheel, core.
// Confined to one thread.

#include <cstddef>

namespace certes::dispatcher {

struct Node {
  Node* prev = nullptr;
  Node* next = nullptr;
  bool linked() const { return next != nullptr; }
  void unlink() {
    if (!linked()) return;
    prev->next = next;
    next->prev = prev;
    prev = next = nullptr;
  }
};

// T derives from Node, through `Tag` where it is a node of several lists: struct T : NodeOf<A>, NodeOf<B>.
template <class Tag>
struct NodeOf : Node {};

template <class T, class Base = Node>
class List {
 public:
  List() { head_.prev = head_.next = &head_; }
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  bool empty() const { return head_.next == &head_; }
  T* front() const { return empty() ? nullptr : from(head_.next); }
  T* back() const { return empty() ? nullptr : from(head_.prev); }
  void push_back(T& item) { insert_before(&head_, node(item)); }
  void push_front(T& item) { insert_before(head_.next, node(item)); }
  T* pop_front() {
    T* first = front();
    if (first) node(*first)->unlink();
    return first;
  }
  // Precondition: it is in this list.
  void move_to_back(T& item) {
    node(item)->unlink();
    push_back(item);
  }
  void move_to_front(T& item) {
    node(item)->unlink();
    push_front(item);
  }
  // The first that `fits`, or none.
  template <class Fits>
  T* find(Fits fits) const {
    for (Node* at = head_.next; at != &head_; at = at->next)
      if (fits(*from(at))) return from(at);
    return nullptr;
  }
  // The last that fits, of the last `most`, or none.
  template <class Fits>
  T* find_last(int most, Fits fits) const {
    for (Node* at = head_.prev; at != &head_ && most > 0; at = at->prev, --most)
      if (fits(*from(at))) return from(at);
    return nullptr;
  }
  // The first goes to the back.
  void rotate() {
    if (T* first = pop_front()) push_back(*first);
  }
  // Calls `visit` with each item; it may unlink the item it is given.
  template <class Visit>
  void for_each(Visit visit) const {
    for (Node* at = head_.next; at != &head_;) {
      Node* following = at->next;
      visit(*from(at));
      at = following;
    }
  }

 private:
  static Node* node(T& item) { return static_cast<Base*>(&item); }
  static T* from(Node* at) { return static_cast<T*>(static_cast<Base*>(at)); }
  static void insert_before(Node* place, Node* added) {
    added->prev = place->prev;
    added->next = place;
    place->prev->next = added;
    place->prev = added;
  }

  Node head_;
};

}  // namespace certes::dispatcher
