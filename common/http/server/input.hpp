#pragma once
// Input: bytes of a connection that are not understood yet. Grows as they come, holds nothing when empty, and not much
// more than it must when little is left of much. Confined to one thread.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

namespace certes::http {

class Input {
 public:
  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  char* tail() { return bytes_.get() + size_; }
  std::size_t room() const { return capacity_ - size_; }
  std::size_t capacity() const { return capacity_; }
  void added(std::size_t n) { size_ += n; }
  void resize(std::size_t size) { size_ = size; }

  // `most`: how large it will grow in all, if that is known.
  void reserve_room(std::size_t room, std::size_t most = SIZE_MAX) {
    if (capacity_ - size_ >= room) return;
    move_to(std::max(size_ + room, std::min(capacity_ * 2, most)));
  }
  void append(const char* data, std::size_t n) {
    reserve_room(n);
    std::memcpy(tail(), data, n);
    size_ += n;
  }
  void drop_front(std::size_t n) {
    if (n == 0) return;
    size_ -= n;
    if (size_ == 0) return clear();
    std::memmove(bytes_.get(), bytes_.get() + n, size_);
    if (capacity_ > kKept && size_ < capacity_ / 4) move_to(size_);
  }
  void clear() {
    bytes_.reset();
    size_ = capacity_ = 0;
  }

 private:
  static constexpr std::size_t kKept = 64u << 10;

  void move_to(std::size_t capacity) {
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace certes::http
