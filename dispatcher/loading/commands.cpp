#include "dispatcher/loading/commands.hpp"

#include <algorithm>

#include "common/event/command.hpp"
#include "common/event/event.hpp"
#include "common/log/names.hpp"
#include "dispatcher/book/delivery_id.hpp"

namespace certes::dispatcher {

std::uint64_t Commands::hash_of_result(std::string_view tenant, std::string_view result_id) {
  return std::max<std::uint64_t>(1, event::identity(tenant, event::result_source(tenant), result_id).high);
}

std::uint64_t Commands::hash_of(const log::StoredRecord& command) {
  const auto name = event::result_name(event_id(command), command.headers.get(log::names::kReplay));
  return hash_of_result(command.headers.find(log::names::kTenant).value_or("default"), name);
}

void Commands::begin(std::int32_t partition, const book::OpenIndex& index) {
  for (const auto& [number, state] : index.chunks())
    state.chunk->commands().for_each([&, first = book::first_of(number)](const book::CommandEntry& entry) {
      add(entry.hash, {partition, {first + entry.offset, entry.lane}});
    });
}

void Commands::leave(std::int32_t partition) {
  std::erase_if(places_, [partition](const auto& one) { return one.second.partition == partition; });
}

void Commands::remove(std::uint64_t hash, std::int32_t partition, std::int64_t offset) {
  const auto [from, behind] = places_.equal_range(hash);
  for (auto at = from; at != behind; ++at)
    if (at->second.partition == partition && at->second.place.offset == offset) {
      places_.erase(at);
      return;
    }
}

std::vector<Commands::At> Commands::of_result(std::string_view tenant, std::string_view result_id) const {
  std::vector<At> found;
  const auto [from, behind] = places_.equal_range(hash_of_result(tenant, result_id));
  for (auto at = from; at != behind; ++at) found.push_back(at->second);
  return found;
}

}  // namespace certes::dispatcher
