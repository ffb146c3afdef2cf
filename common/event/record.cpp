// The event as a record of `events`: CloudEvents Kafka protocol binding 1.0, binary mode, with Certes' own headers.
#include "common/event/attributes.hpp"
#include "common/event/event.hpp"
#include "common/event/hops.hpp"
#include "common/event/record_headers.hpp"
#include "common/event/stamp.hpp"
#include "common/event/verified.hpp"
#include "common/log/names.hpp"

namespace certes::event {
namespace {

namespace names = log::names;

void add_if(log::Headers& headers, std::string_view name, std::string_view value) {
  if (!value.empty()) headers.add(name, value);
}

void add_prefixed(log::Headers& headers, std::string_view prefix,
                  const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::string name;
  for (const auto& [suffix, value] : pairs) {
    name.assign(prefix).append(suffix);
    headers.add(name, value);
  }
}

std::optional<std::string> key_of(const Event& event) {
  if (!event.partition_key.empty()) return event.partition_key;
  if (!event.client_gave_id) return std::nullopt;
  std::string key;
  key.reserve(event.source.size() + 1 + event.client_id.size());
  return key.append(event.source).append(1, ' ').append(event.client_id);
}

std::size_t header_bytes(const Event& event) {
  std::size_t bytes = 384 + kMostStampBytes + event.client_id.size() + event.source.size() + event.type.size() +
                      event.subject.size() + event.partition_key.size() + event.conversation_id.size() +
                      event.cause_id.size() + event.query.size() + event.reply_to.size() + event.traceparent.size() +
                      event.tracestate.size();
  for (const auto& [name, value] : event.extensions) bytes += 16 + name.size() + value.size();
  for (const auto& [name, value] : event.forwarded) bytes += 16 + name.size() + value.size();
  return bytes;
}

// The header of that name has a place in the view.
std::string_view* place(EventView& view, std::string_view& specversion, std::string_view name) {
  if (name == "ce_id") return &view.client_id;
  if (name == "ce_source") return &view.source;
  if (name == "ce_type") return &view.type;
  if (name == "ce_specversion") return &specversion;
  if (name == "ce_partitionkey") return &view.partition_key;
  if (name == "content-type") return &view.content_type;
  if (name == names::kId) return &view.id;
  if (name == names::kKind) return &view.kind;
  if (name == names::kTenant) return &view.tenant;
  if (name == names::kReplay) return &view.replay;
  if (name == names::kEndpoint) return &view.endpoint;
  return nullptr;
}

Result<EventView> missing(std::string_view header) {
  return fail(Code::invalid, std::string(header) + " is missing", std::string(header));
}

}  // namespace

log::Record to_record(Event&& event) {
  log::Record record;
  record.key = key_of(event);
  if (event.client_gave_id) record.identity = identity(event.tenant, event.source, event.client_id);
  auto& headers = record.headers;
  headers.reserve(header_bytes(event));
  headers.add(names::kId, event.id);
  headers.add("ce_specversion", "1.0");
  headers.add("ce_id", event.client_id);
  headers.add("ce_source", event.source);
  headers.add("ce_type", event.type);
  add_if(headers, "ce_time", event.time);
  add_if(headers, "ce_subject", event.subject);
  add_if(headers, "ce_partitionkey", event.partition_key);
  add_if(headers, "ce_conversationid", event.conversation_id);
  add_if(headers, "ce_causeid", event.cause_id);
  add_if(headers, "ce_traceparent", event.traceparent);
  add_if(headers, "ce_tracestate", event.tracestate);
  add_prefixed(headers, "ce_", event.extensions);
  add_if(headers, "content-type", event.data_content_type);
  headers.add(names::kKind, event.kind);
  headers.add(names::kTenant, event.tenant);
  if (event.client_gave_id) headers.add(names::kClientId, "1");
  if (event.wait) headers.add(names::kWait, "1");
  if (event.hops > 0) headers.add(kHops, std::to_string(event.hops));
  add_if(headers, names::kQuery, event.query);
  add_if(headers, kVerified, event.verified);
  add_if(headers, names::kReplyTo, event.reply_to);
  add_prefixed(headers, names::kForward, event.forwarded);
  record.value = std::move(event.data);
  return record;
}

Result<EventView> view(const log::StoredRecord& record) {
  EventView view;
  RecordHeaders headers;
  std::string_view specversion, client_gave_id, wait;
  for (const auto header : record.headers) {
    if (auto fit = headers.take(header.name, header.value); !fit) return fail(std::move(fit.error()));
    if (auto* at = place(view, specversion, header.name))
      *at = header.value.data() ? header.value : std::string_view("");
    else if (header.name == names::kClientId)
      client_gave_id = header.value;
    else if (header.name == names::kWait)
      wait = header.value;
  }
  if (specversion != "1.0") return fail(Code::invalid, "ce_specversion is not 1.0", "ce_specversion");
  if (view.client_id.empty()) return missing("ce_id");
  if (view.source.empty()) return missing("ce_source");
  if (view.type.empty()) return missing("ce_type");
  const bool foreign = view.id.empty();
  view.client_gave_id = foreign || client_gave_id == "1";
  view.wait = wait == "1";
  if (foreign) view.id = view.client_id;
  if (view.tenant.empty()) view.tenant = "default";
  if (view.kind.empty()) view.kind = "event";
  return view;
}

std::optional<Identified> identified(const log::StoredRecord& record) {
  const auto seen = view(record);
  if (!seen || !seen->replay.empty() || !seen->client_gave_id) return std::nullopt;
  if (seen->id.data() == seen->client_id.data()) return std::nullopt;  // no certes-id
  return Identified{identity(seen->tenant, seen->source, seen->client_id), seen->id};
}

}  // namespace certes::event
