#include "common/event/event_members.hpp"

#include <algorithm>

#include "common/log/names.hpp"

namespace certes::event {
namespace {

constexpr std::string_view kCloudPrefix = "ce_";

void add_first_of_name(NamesAndValues& all, std::string_view name, std::string_view value) {
  if (std::ranges::none_of(all, [name](const auto& one) { return one.first == name; })) all.emplace_back(name, value);
}

// Those whose value is not that of the header.
bool has_name_of_ours(std::string_view attribute) {
  return attribute == "id" || attribute == "specversion" || attribute == "partitionkey" || attribute == "data";
}

}  // namespace

NamesAndValues attributes_of(const log::StoredRecord& record, const EventView& view) {
  NamesAndValues all;
  all.reserve(16);
  all.emplace_back("id", view.id);
  all.emplace_back("tenant", view.tenant);
  if (!view.partition_key.empty()) all.emplace_back("partition_key", view.partition_key);
  for (const auto [name, value] : record.headers) {
    if (!name.starts_with(kCloudPrefix)) continue;
    const std::string_view attribute = name.substr(kCloudPrefix.size());
    if (!has_name_of_ours(attribute)) add_first_of_name(all, attribute, value);
  }
  return all;
}

NamesAndValues forwarded_headers(const log::StoredRecord& record) {
  NamesAndValues all;
  for (const auto [name, value] : record.headers)
    if (name.starts_with(log::names::kForward)) add_first_of_name(all, name.substr(log::names::kForward.size()), value);
  return all;
}

}  // namespace certes::event
