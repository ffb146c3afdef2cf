#include "api/history/erased.hpp"

#include <algorithm>

#include "common/base/number.hpp"

namespace certes::api::history {
namespace {

std::vector<std::int64_t> offsets_in(std::string_view text) {
  std::vector<std::int64_t> offsets;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const auto offset = parse_whole<std::int64_t>(word);
    if (offset && *offset >= 0) offsets.push_back(*offset);
  }
  return offsets;
}

}  // namespace

ErasedPlaces erased_by(const log::StoredRecord& record) {
  ErasedPlaces erased{offsets_in(record.headers.get(kErasedEvents)), offsets_in(record.headers.get(kErasedLetters))};
  std::erase_if(erased.letters, [&](std::int64_t offset) { return offset >= record.offset; });
  return erased;
}

}  // namespace certes::api::history
