#include "api/jobs/letter_places.hpp"

#include "api/replay_steps.hpp"

namespace certes::api::jobs {
namespace {

constexpr std::size_t kMostPlacesBytes = 16u << 10;  // of the header of one record

}  // namespace

Result<void> append_places(std::string_view header, const LetterPlaces& places, Services& services,
                           const std::string& tenant) {
  ReplaySteps steps(services, tenant, log::Topic::dead_letters);
  for (const auto& [partition, offsets] : places) {
    std::string text;
    const auto add = [&, of = partition] {
      log::Record record;
      record.headers.add(header, text);
      steps.add(of, std::move(record));
      text.clear();
    };
    for (const std::int64_t offset : offsets) {
      if (text.size() >= kMostPlacesBytes) add();
      text.append(text.empty() ? "" : " ").append(std::to_string(offset));
    }
    if (!text.empty()) add();
  }
  if (const auto appended = steps.finish(); !appended) return fail(appended.error());
  return {};
}

}  // namespace certes::api::jobs
