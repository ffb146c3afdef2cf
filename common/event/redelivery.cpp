#include "common/event/redelivery.hpp"

namespace certes::event {

log::Record replay_record(const log::StoredRecord& of, std::string_view replay, std::string_view endpoints) {
  namespace names = log::names;
  log::Record record;
  record.headers.reserve(of.headers.bytes().size() + 128);
  for (const auto [name, value] : of.headers)
    if (!is_of_delivery(name)) record.headers.add(name, value);
  record.headers.add(names::kReplay, replay);
  if (!endpoints.empty()) record.headers.add(names::kEndpoint, endpoints);
  record.key = of.key;
  record.value = of.value;
  record.identity =
      replay_identity(of.headers.find(names::kTenant).value_or("default"), replay, of.headers.get(names::kId));
  return record;
}

}  // namespace certes::event
