#pragma once
// A clock that stands until the test moves it; its wall may be set apart from it. Confined to the test's thread.

#include "common/base/clock.hpp"

namespace certes::tests {

class ManualClock final : public Clock {
 public:
  SteadyTime now() const override { return SteadyTime{} + elapsed_; }
  UnixMillis unix_millis() const override { return kStart + (elapsed_ + wall_).count(); }
  void advance(Millis by) { elapsed_ += by; }
  void step_wall(Millis by) { wall_ += by; }

 private:
  static constexpr UnixMillis kStart = 1'700'000'000'000;
  Millis elapsed_{3'600'000}, wall_{0};
};

}  // namespace certes::tests
