#include "common/event/stamp.hpp"

#include <charconv>
#include <string>

#include "common/log/names.hpp"

namespace certes::event {

void stamp(log::Record& record, const RegistryPosition& position) {
  if (position) record.headers.add(log::names::kRegistry, std::to_string(position()));
}

std::optional<std::int64_t> read_stamp(std::string_view value) {
  constexpr std::size_t kDigits = 18;
  if (value.empty() || value.size() > kDigits || value.find_first_not_of("0123456789") != value.npos)
    return std::nullopt;
  std::int64_t position = 0;
  std::from_chars(value.data(), value.data() + value.size(), position);
  return position;
}

std::optional<std::int64_t> stamp_of(const log::StoredRecord& record) {
  const auto value = record.headers.find(log::names::kRegistry);
  return value ? read_stamp(*value) : std::nullopt;
}

}  // namespace certes::event
