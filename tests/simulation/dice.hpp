#pragma once
// Dice: randomness for a schedule. Each step throws its own, made of the schedule's seed and the step's number, so that
// a step does the same whatever came before it: one can be put in between and the rest stays. (SplitMix64: G. L.
// Steele, D. Lea, C. H. Flood, OOPSLA 2014.) Confined to one thread.

#include <cstddef>
#include <cstdint>

namespace certes::simulation {

class Dice {
 public:
  explicit Dice(std::uint64_t seed, std::uint64_t step = 0) : state_(seed * 0xd1342543de82ef95u + step) { bits(); }

  std::uint64_t bits() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }  // in [0, 1)
  bool chance(double probability) { return unit() < probability; }
  std::size_t pick(std::size_t below) { return static_cast<std::size_t>(bits() % below); }
  template <class List>
  const auto& of(const List& list) {
    return list[pick(list.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace certes::simulation
