#pragma once
// Pool: objects at fixed addresses, taken and given back without allocation once it has grown. An object's id is never
// given twice: find() of one that was given back finds nothing. One that is given back is destroyed and made anew, so
// that whoever takes it next meets nothing of it. T: default constructible, with `std::uint64_t id`; in no list when it
// is given back. Confined to one thread.

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace certes::dispatcher {

template <class T>
class Pool {
 public:
  T& take() {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(objects_.size()));
      objects_.emplace_back().id = free_.back();
    }
    T& object = objects_[free_.back()];
    free_.pop_back();
    object.id += kGeneration;
    ++live_;
    return object;
  }
  void give_back(T& object) {
    const std::uint64_t id = object.id;
    std::destroy_at(&object);
    std::construct_at(&object)->id = id + kGeneration;
    free_.push_back(index(id));
    --live_;
  }
  T* find(std::uint64_t id) {
    if (index(id) >= objects_.size()) return nullptr;
    T& object = objects_[index(id)];
    return object.id == id && taken(id) ? &object : nullptr;
  }
  // `visit` may give back the object it is given, or any other.
  template <class Visit>
  void for_each(Visit visit) {
    for (T& object : objects_)
      if (taken(object.id)) visit(object);
  }
  std::size_t live() const { return live_; }
  static constexpr std::size_t kBytes = sizeof(T) + sizeof(std::uint32_t);  // an object's memory

 private:
  // An id is an index and, above it, how often the object was taken and given back: odd while it is taken.
  static constexpr std::uint64_t kGeneration = std::uint64_t{1} << 32;
  static std::uint32_t index(std::uint64_t id) { return static_cast<std::uint32_t>(id); }
  static bool taken(std::uint64_t id) { return (id & kGeneration) != 0; }

  std::deque<T> objects_;
  std::vector<std::uint32_t> free_;
  std::size_t live_ = 0;
};

}  // namespace certes::dispatcher
