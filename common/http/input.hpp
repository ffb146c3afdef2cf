#pragma once
// Input: bytes of a connection that are not understood yet. Grows as they come, holds nothing when empty. Confined to
// one thread.

#include <algorithm>
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
  void added(std::size_t n) { size_ += n; }
  void resize(std::size_t size) { size_ = size; }

  void reserve_room(std::size_t room) {
    if (capacity_ - size_ >= room) return;
    const std::size_t capacity = std::max(size_ + room, capacity_ * 2);
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }
  void append(const char* data, std::size_t n) {
    reserve_room(n);
    std::memcpy(tail(), data, n);
    size_ += n;
  }
  void drop_front(std::size_t n) {
    if (n == 0) return;
    size_ -= n;
    if (size_ == 0) {
      bytes_.reset();
      capacity_ = 0;
    } else {
      std::memmove(bytes_.get(), bytes_.get() + n, size_);
    }
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace certes::http
