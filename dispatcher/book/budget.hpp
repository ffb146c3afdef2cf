#pragma once
// Budget: how much of something is held: bytes of memory, deliveries that are out. Charge: a part of it that somebody
// holds, counted for as long as it lives. A budget may be part of a larger one, which counts the same again. Who: the
// book. Confined to the core loop. A budget stays where it is, and outlives its charges.

#include <cstddef>
#include <utility>

namespace certes::dispatcher {

class Budget {
 public:
  explicit Budget(Budget* whole = nullptr) : whole_(whole) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;
  std::size_t held() const { return held_; }

 private:
  friend class Charge;
  template <std::size_t Amount>
  friend class FixedCharge;
  void add(std::size_t amount) {
    for (Budget* one = this; one != nullptr; one = one->whole_) one->held_ += amount;
  }
  void remove(std::size_t amount) {
    for (Budget* one = this; one != nullptr; one = one->whole_) one->held_ -= amount;
  }

  Budget* const whole_;
  std::size_t held_ = 0;
};

class Charge {
 public:
  Charge() = default;
  Charge(Budget& budget, std::size_t amount) : budget_(&budget), amount_(amount) { budget.add(amount); }
  Charge(Charge&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), amount_(std::exchange(other.amount_, 0)) {}
  Charge& operator=(Charge&& other) noexcept {
    Charge taken(std::move(other));
    std::swap(budget_, taken.budget_);
    std::swap(amount_, taken.amount_);
    return *this;
  }
  ~Charge() {
    if (budget_ != nullptr) budget_->remove(amount_);
  }
  std::size_t amount() const { return amount_; }
  // Precondition: it is of a budget.
  void grow(std::size_t by) {
    budget_->add(by);
    amount_ += by;
  }
  void shrink(std::size_t by) {
    budget_->remove(by);
    amount_ -= by;
  }
  // The same amount, held in another budget from now on.
  void move_to(Budget& other) { *this = Charge(other, amount_); }

 private:
  Budget* budget_ = nullptr;
  std::size_t amount_ = 0;
};

// The same, of an amount that its type says: a pointer for each of the many that are held.
template <std::size_t Amount>
class FixedCharge {
 public:
  FixedCharge() = default;
  explicit FixedCharge(Budget& budget) : budget_(&budget) { budget.add(Amount); }
  FixedCharge(FixedCharge&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)) {}
  FixedCharge& operator=(FixedCharge&& other) noexcept {
    FixedCharge taken(std::move(other));
    std::swap(budget_, taken.budget_);
    return *this;
  }
  ~FixedCharge() {
    if (budget_ != nullptr) budget_->remove(Amount);
  }

 private:
  Budget* budget_ = nullptr;
};

}  // namespace certes::dispatcher
