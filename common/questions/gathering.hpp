#pragma once
// Gathering: what has been answered to one question, and which partitions that covers. Each partition is spoken for
// once: an answer that names one which another process has answered for is left out whole, so that nothing is counted
// twice while a partition changes hands. A second answer of one process takes the place of its first. Who: Asker. Pure;
// confined to who holds it.

#include <cstdint>
#include <utility>
#include <vector>

#include "common/questions/question.hpp"

namespace certes::questions {

class Gathering {
 public:
  static constexpr std::size_t kMostAnswers = 1'024;  // of one question: processes

  // `all`: how many partitions there are. `about`: those that matter; empty: all.
  explicit Gathering(std::int32_t all, std::vector<std::int32_t> about = {})
      : about_(std::move(about)), spoken_for_(static_cast<std::size_t>(all > 0 ? all : 0)) {}

  // False: it was left out.
  bool take(Answer answer);
  std::int32_t covered() const { return covered_; }
  std::int32_t all() const { return static_cast<std::int32_t>(spoken_for_.size()); }
  bool covers(std::int32_t partition) const {
    return partition >= 0 && partition < all() && spoken_for_[static_cast<std::size_t>(partition)];
  }
  // Those that matter are spoken for.
  bool complete() const;
  const std::vector<Answer>& answers() const { return answers_; }

 private:
  bool fits(const Answer& answer, const Answer* instead) const;
  void mark(const Answer& answer, bool spoken_for);

  std::vector<std::int32_t> about_;
  std::vector<bool> spoken_for_;  // by partition
  std::int32_t covered_ = 0;
  std::vector<Answer> answers_;
};

}  // namespace certes::questions
