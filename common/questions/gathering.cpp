#include "common/questions/gathering.hpp"

#include <algorithm>

namespace certes::questions {

bool Gathering::take(Answer answer) {
  const auto before = std::ranges::find(answers_, answer.from, &Answer::from);
  const bool again = before != answers_.end();
  if ((!again && answers_.size() == kMostAnswers) || !fits(answer, again ? &*before : nullptr)) return false;
  if (again) mark(*before, false);
  mark(answer, true);
  if (again)
    *before = std::move(answer);
  else
    answers_.push_back(std::move(answer));
  return true;
}

bool Gathering::complete() const {
  if (about_.empty()) return covered() == all();
  return std::ranges::all_of(about_, [this](std::int32_t partition) { return covers(partition); });
}

bool Gathering::fits(const Answer& answer, const Answer* instead) const {
  return std::ranges::all_of(answer.partitions, [&](std::int32_t partition) {
    if (partition < 0 || partition >= all()) return false;
    return !spoken_for_[static_cast<std::size_t>(partition)] ||
           (instead != nullptr && std::ranges::count(instead->partitions, partition) > 0);
  });
}

void Gathering::mark(const Answer& answer, bool spoken_for) {
  for (const std::int32_t partition : answer.partitions) {
    const auto at = static_cast<std::size_t>(partition);
    if (spoken_for_[at] != spoken_for) covered_ += spoken_for ? 1 : -1;
    spoken_for_[at] = spoken_for;
  }
}

}  // namespace certes::questions
