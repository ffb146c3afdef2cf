#include "common/event/redelivery.hpp"

#include <algorithm>

#include "common/base/number.hpp"

namespace certes::event {

std::optional<std::pair<std::int32_t, std::int64_t>> letter_of(std::string_view replay) {
  if (!replay.starts_with(kLetterReplay)) return std::nullopt;
  replay.remove_prefix(kLetterReplay.size());
  const std::size_t dash = replay.find('-');
  if (dash == replay.npos) return std::nullopt;
  const auto partition = parse_whole<std::int32_t>(replay.substr(0, dash));
  const std::string_view rest = replay.substr(dash + 1);
  const auto offset = parse_whole<std::int64_t>(rest.substr(0, rest.find('-')));
  if (!partition || !offset) return std::nullopt;
  return std::pair(*partition, *offset);
}

std::uint32_t replays_of(const log::Headers& headers) {
  return parse_whole<std::uint32_t>(headers.get(log::names::kReplays)).value_or(0);
}

log::Record replay_record(const log::StoredRecord& of, std::string_view replay, std::string_view endpoints) {
  namespace names = log::names;
  log::Record record;
  record.headers.reserve(of.headers.bytes().size() + 128);
  for (const auto [name, value] : of.headers)
    if (!is_of_delivery(name)) record.headers.add(name, value);
  record.headers.add(names::kReplay, replay);
  if (replay.starts_with(kLetterReplay))
    record.headers.add(names::kReplays, std::to_string(std::min(replays_of(of.headers), kMostReplays - 1) + 1));
  if (!endpoints.empty()) record.headers.add(names::kEndpoint, endpoints);
  record.key = of.key;
  record.value = of.value;
  record.identity =
      replay_identity(of.headers.find(names::kTenant).value_or("default"), replay, of.headers.get(names::kId));
  return record;
}

}  // namespace certes::event
