#pragma once
// FilterHealth: on how many of the events that they were asked about filters have failed of late. Who: intake. Pure:
// the time is passed in. Confined to the core loop.

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "common/base/clock.hpp"

namespace certes::filter {
struct Program;
}  // namespace certes::filter

namespace certes::dispatcher {

class FilterHealth {
 public:
  static constexpr Millis kSpan{300'000};
  static constexpr std::uint64_t kFailingAbove = 100;  // one in so many
  static constexpr std::size_t kMost = 100'000;        // filters; of more all are counted anew

  // The filter is asked about an event, at that time. It is known by where it is: one that takes the place of another
  // begins with what that had, for ten minutes at most.
  void asked(const filter::Program* filter, UnixMillis at) {
    if (tallies_.size() >= kMost && !tallies_.contains(filter)) tallies_.clear();
    Tally& tally = tallies_[filter];
    const std::int64_t span = at / kSpan.count();
    if (span != tally.span) {
      tally.before = span == tally.span + 1 ? tally.now : Count{};
      tally.now = {};
      tally.span = span;
    }
    ++tally.now.asked;
  }
  // And fails on it. Whether it does so on more than one in a hundred, of these five minutes and the five before.
  bool failed(const filter::Program* filter) {
    Tally& tally = tallies_[filter];
    ++tally.now.failed;
    return (tally.now.failed + tally.before.failed) * kFailingAbove > tally.now.asked + tally.before.asked;
  }

 private:
  struct Count {
    std::uint64_t asked = 0, failed = 0;
  };
  struct Tally {
    std::int64_t span = 0;
    Count now, before;
  };
  std::unordered_map<const filter::Program*, Tally> tallies_;
};

}  // namespace certes::dispatcher
