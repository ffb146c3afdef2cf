#pragma once
// Shared: a value that copies share until one of them writes (copy-on-write). Who: chunks and what they are made of, so
// that a checkpoint's copy is a reference. One handle belongs to one thread; handles to the same value may belong to
// different ones: a value is written only by who alone has it, and the last handle destroys it.

#include <atomic>
#include <cstdint>
#include <utility>

namespace certes::dispatcher::book {

// What Shared counts by: T derives from it. A copy of a value begins with a count of its own.
struct Counted {
  Counted() = default;
  Counted(const Counted&) noexcept {}
  Counted& operator=(const Counted&) = delete;
  mutable std::atomic<std::uint32_t> handles{1};
};

template <class T>
class Shared {
 public:
  Shared() = default;
  explicit Shared(T* value) : value_(value) {}  // takes it over
  Shared(const Shared& other) noexcept : value_(other.value_) {
    if (value_) value_->handles.fetch_add(1, std::memory_order_relaxed);
  }
  Shared(Shared&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Shared() {
    if (value_ && value_->handles.fetch_sub(1, std::memory_order_acq_rel) == 1) delete value_;
  }

  explicit operator bool() const { return value_ != nullptr; }
  const T* get() const { return value_; }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_; }
  bool alone() const { return value_->handles.load(std::memory_order_acquire) == 1; }
  // The value, its handle's alone: a copy where others have it too. Precondition: there is one.
  T& write() {
    if (!alone()) *this = Shared(new T(*value_));
    return *value_;
  }

 private:
  T* value_ = nullptr;
};

}  // namespace certes::dispatcher::book
