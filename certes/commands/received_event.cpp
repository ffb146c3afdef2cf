#include "certes/commands/received_event.hpp"

#include "common/base/random.hpp"
#include "common/crypto/crypto.hpp"
#include "common/event/attributes.hpp"
#include "common/event/event.hpp"
#include "common/event/hops.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"
#include "common/log/names.hpp"
#include "dispatcher/book/delivery_id.hpp"
#include "dispatcher/sending/request_builder.hpp"

namespace certes::command {
namespace {

namespace names = log::names;
using Json = nlohmann::ordered_json;

constexpr const char* kListener = "listen";

std::string member_text(const Json& event, const char* member) {
  const auto found = event.find(member);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void add_text(log::Headers& headers, std::string_view name, const std::string& value) {
  if (!value.empty()) headers.add(name, value);
}

// Certes' own members and the payload's; all others are attributes.
bool is_attribute(const std::string& name) {
  for (const char* other : {"certesid", "certesquery", "certeshops", "certesheaders", "certesbytes", "datacontenttype",
                            "data", "data_base64"})
    if (name == other) return false;
  return true;
}

std::string payload_of(const Json& event, const std::string& shown) {
  for (const char* bytes : {"certesbytes", "data_base64"})
    if (const std::string text = member_text(event, bytes); !text.empty())
      return crypto::base64_decode(text).value_or(std::string());
  if (!event.contains("data")) return {};
  const std::string type = member_text(event, "datacontenttype");
  if (type.empty() || event::is_json(type)) return std::string(raw_member(shown, "data"));
  return member_text(event, "data");
}

}  // namespace

Result<log::RecordPtr> record_of(const std::string& shown) {
  const Json json = json_or_null<Json>(shown);
  if (!json.is_object()) return fail(Code::invalid, "what the stream shows is no CloudEvent");
  auto record = std::make_shared<log::StoredRecord>();
  log::Headers& headers = record->headers;
  add_text(headers, names::kId, member_text(json, "certesid"));
  headers.add(names::kKind, "event");
  for (const auto& [name, value] : json.items())
    if (is_attribute(name) && value.is_string()) headers.add("ce_" + name, value.get<std::string>());
  add_text(headers, "content-type", member_text(json, "datacontenttype"));
  add_text(headers, names::kQuery, member_text(json, "certesquery"));
  add_text(headers, event::kHops, member_text(json, "certeshops"));
  if (const auto forwarded = json.find("certesheaders"); forwarded != json.end() && forwarded->is_object())
    for (const auto& [name, value] : forwarded->items())
      if (value.is_string()) headers.add(std::string(names::kForward) + name, value.get<std::string>());
  record->value = payload_of(json, shown);
  if (const auto view = event::view(*record); !view) return fail(view.error());
  return log::RecordPtr(std::move(record));
}

Result<dispatcher::Target> listener(const std::string& url, const std::string& secret) {
  const auto sealer = crypto::Sealer::make({crypto::Sealer::new_key()});
  if (!sealer) return fail(sealer.error());
  auto endpoint = std::make_shared<registry::Endpoint>();
  endpoint->id = kListener;
  endpoint->url = url;
  endpoint->secrets.push_back({sealer->seal(secret, endpoint->tenant + "/endpoints/" + endpoint->id), 0});
  dispatcher::Target target(std::move(endpoint), *sealer);
  if (target.problem()) return fail(*target.problem());
  return target;
}

http::Transfer request_of(const log::RecordPtr& record, const dispatcher::Target& target, std::uint32_t attempt,
                          UnixMillis now) {
  const std::string event = dispatcher::event_id(*record);
  const std::string delivery = dispatcher::delivery_id(event, kListener, {});
  dispatcher::AttemptRequest request;
  request.delivery = delivery;
  request.event_id = event;
  request.attempt = attempt;
  request.now = now;
  Random random;
  event::JsonDocument document;
  return dispatcher::build_request(record, target, request, random, document);
}

}  // namespace certes::command
