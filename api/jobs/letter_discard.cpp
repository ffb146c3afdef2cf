#include "api/jobs/letter_discard.hpp"

#include "common/log/names.hpp"

namespace certes::api::jobs {
namespace {

constexpr std::size_t kMostDiscardsBytes = 16u << 10;  // of the header of one record

}  // namespace

Result<void> discard(const LetterPlaces& letters, Services& services, const std::string& tenant) {
  ReplaySteps steps(services, tenant, log::Topic::dead_letters);
  for (const auto& [partition, offsets] : letters) {
    std::string places;
    const auto add = [&, of = partition] {
      log::Record record;
      record.headers.add(log::names::kDiscards, places);
      steps.add(of, std::move(record));
      places.clear();
    };
    for (const std::int64_t offset : offsets) {
      if (places.size() >= kMostDiscardsBytes) add();
      places.append(places.empty() ? "" : " ").append(std::to_string(offset));
    }
    if (!places.empty()) add();
  }
  if (const auto appended = steps.finish(); !appended) return fail(appended.error());
  return {};
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
