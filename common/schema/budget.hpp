#pragma once
// Budget: how many steps may still be taken to hold the data of one request to schemas, or one schema to another. Who:
// whoever starts such a check makes one and hands it down; all that the check does counts against it. A step is a visit
// of a schema at a value, or as much work on a text. Not thread-safe: of one request.

#include <cstddef>
#include <cstdint>

namespace certes::schema {

// `exhausted`: the budget was used up before it was known.
enum class Verdict : std::uint8_t { holds, breaks, exhausted };

class Budget {
 public:
  static constexpr std::int64_t kOfRequest = 250'000;  // all events of a batch together
  static constexpr std::int64_t kAtOnce = 10'000;      // what a loop does itself, in less than a millisecond

  explicit Budget(std::int64_t steps = kOfRequest) : left_(steps) {}

  // False: more than there was. Nothing is to be done from then on.
  bool spend(std::size_t steps = 1) {
    left_ = steps > static_cast<std::size_t>(kMost) ? -1 : left_ - static_cast<std::int64_t>(steps);
    if (left_ < 0) left_ = -1;
    return left_ >= 0;
  }
  bool exhausted() const { return left_ < 0; }
  std::int64_t left() const { return left_ < 0 ? 0 : left_; }

 private:
  static constexpr std::int64_t kMost = 1'000'000'000;
  std::int64_t left_;
};

}  // namespace certes::schema
