#pragma once
// Pool: objects at fixed addresses, taken and given back without allocation once it has grown. An object's id is never
// given twice: find() of one that was given back finds nothing. T: default constructible, with `std::uint64_t id` and
// clear(). Confined to one thread.

#include <cstdint>
#include <deque>
#include <vector>

namespace certes::dispatcher {

template <class T>
class Pool {
 public:
  T& take() {
    if (free_.empty()) {
      slots_.emplace_back().object.id = slots_.size() - 1;
      free_.push_back(static_cast<std::uint32_t>(slots_.size() - 1));
    }
    Slot& slot = slots_[free_.back()];
    free_.pop_back();
    slot.live = true;
    ++live_;
    slot.object.id += std::uint64_t{1} << 32;
    return slot.object;
  }
  void give_back(T& object) {
    const std::uint64_t id = object.id;
    object.clear();
    object.id = id;
    slots_[index(id)].live = false;
    free_.push_back(index(id));
    --live_;
  }
  T* find(std::uint64_t id) {
    if (index(id) >= slots_.size()) return nullptr;
    Slot& slot = slots_[index(id)];
    return slot.live && slot.object.id == id ? &slot.object : nullptr;
  }
  // `visit` may give back the object it is given.
  template <class Visit>
  void for_each(Visit visit) {
    for (Slot& slot : slots_)
      if (slot.live) visit(slot.object);
  }
  std::size_t live() const { return live_; }
  static constexpr std::size_t kBytes = sizeof(T) + 16;

 private:
  struct Slot {
    T object;
    bool live = false;
  };
  static std::uint32_t index(std::uint64_t id) { return static_cast<std::uint32_t>(id); }

  std::deque<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t live_ = 0;
};

}  // namespace certes::dispatcher
