#include "api/jobs/letter_discard.hpp"

#include "common/log/names.hpp"

namespace certes::api::jobs {

Result<void> discard(const LetterPlaces& letters, Services& services, const std::string& tenant) {
  return append_places(log::names::kDiscards, letters, services, tenant);
}

void LetterDiscard::take(const log::StoredRecord& letter, Step& step) {
  taken_[letter.partition].push_back(letter.offset);
  step.bytes += std::to_string(letter.offset).size() + 1;
}

Result<ReplaySteps::Appended> LetterDiscard::finish() {
  std::size_t count = 0;
  for (const auto& [partition, offsets] : taken_) count += offsets.size();
  if (auto done = discard(taken_, services_, job_.tenant); !done) return fail(std::move(done.error()));
  taken_.clear();
  return ReplaySteps::Appended{count, 0};
}

}  // namespace certes::api::jobs
