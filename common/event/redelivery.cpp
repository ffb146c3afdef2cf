#include "common/event/redelivery.hpp"

namespace certes::event {

log::Record replay_record(const log::StoredRecord& letter, std::string_view replay, std::string_view endpoints,
                          Repeat repeat) {
  namespace names = log::names;
  log::Record record;
  record.headers.reserve(letter.headers.bytes().size() + 128);
  for (const auto [name, value] : letter.headers)
    if (!is_of_delivery(name)) record.headers.add(name, value);
  record.headers.add(names::kReplay, replay);
  if (!endpoints.empty()) record.headers.add(names::kEndpoint, endpoints);
  record.key = letter.key;
  record.value = letter.value;
  if (repeat == Repeat::once)
    record.identity = replay_identity(letter.headers.find(names::kTenant).value_or("default"), replay,
                                      letter.headers.get(names::kId));
  return record;
}

}  // namespace certes::event
