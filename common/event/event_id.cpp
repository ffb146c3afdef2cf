#include "common/event/event_id.hpp"

#include "common/base/hex.hpp"
#include "common/log/names.hpp"

namespace certes::event {

std::string event_id(const EventView& view) {
  const bool own = view.id.data() != view.client_id.data();
  if (own) return std::string(view.id);
  const log::Identity identity = event::identity(view.tenant, view.source, view.id);
  std::string id = "evt_";
  append_hex(id, identity.high);
  append_hex(id, identity.low);
  return id;
}

std::string event_id(const log::StoredRecord& record) {
  const std::string_view own = record.headers.get(log::names::kId);
  if (!own.empty()) return std::string(own);
  const auto view = event::view(record);
  return view ? event_id(*view) : std::string(own);
}

}  // namespace certes::event
