#include "api/erase/erased.hpp"

#include <algorithm>

#include "common/event/event.hpp"
#include "common/event/event_id.hpp"
#include "common/log/names.hpp"
#include "common/registry/json.hpp"

namespace certes::api {
namespace {

namespace names = log::names;

constexpr std::string_view kEventPrefix = "evt_";
constexpr std::size_t kUlid = 26, kTimeDigits = 10;
constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::string_view kAboutDeliveries = "certes.delivery.";

// A tenant and a source hold no line feed, and what stands last may.
std::string mac(const crypto::Hmac& key, std::string_view what, std::string_view tenant,
                std::initializer_list<std::string_view> parts) {
  std::vector<std::string_view> all{what, "\n", tenant};
  for (const std::string_view part : parts) all.insert(all.end(), {"\n", part});
  return crypto::hex_encode(key.sign(all));
}

std::string mac_of_event(const crypto::Hmac& key, std::string_view tenant, std::string_view id) {
  return mac(key, "event", tenant, {id});
}

std::string mac_of_subject(const crypto::Hmac& key, std::string_view tenant, std::string_view source,
                           std::string_view subject) {
  return mac(key, "subject", tenant, {source, subject});
}

std::string text_in(const registry::Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string_view tenant_of(const log::StoredRecord& record) {
  return record.headers.find(names::kTenant).value_or(registry::kDefaultTenant);
}

// Of a record that Certes did not write it follows from what is there, if that is an event.
std::string id_of(const log::StoredRecord& record) {
  if (const auto id = record.headers.find(names::kId)) return std::string(*id);
  const auto view = event::view(record);
  return view ? event::event_id(*view) : std::string();
}

}  // namespace

ErasureMacs::ErasureMacs(const crypto::Sealer& sealer) {
  for (const std::string& secret : sealer.derived_secrets("erasures")) keys_.emplace_back(secret);
}

std::string ErasureMacs::of_event(std::string_view tenant, std::string_view id) const {
  return mac_of_event(keys_.front(), tenant, id);
}

std::string ErasureMacs::of_subject(std::string_view tenant, std::string_view source, std::string_view subject) const {
  return mac_of_subject(keys_.front(), tenant, source, subject);
}

bool ErasureMacs::is_event(std::string_view mac, std::string_view tenant, std::string_view id) const {
  return std::ranges::any_of(keys_, [&](const auto& key) { return mac_of_event(key, tenant, id) == mac; });
}

bool ErasureMacs::is_subject(std::string_view mac, std::string_view tenant, std::string_view source,
                             std::string_view subject) const {
  return std::ranges::any_of(keys_,
                             [&](const auto& key) { return mac_of_subject(key, tenant, source, subject) == mac; });
}

std::optional<UnixMillis> accepted_at(std::string_view id) {
  if (!id.starts_with(kEventPrefix) || id.size() != kEventPrefix.size() + kUlid) return std::nullopt;
  UnixMillis at = 0;
  for (const char digit : id.substr(kEventPrefix.size(), kTimeDigits)) {
    const std::size_t value = kDigits.find(digit);
    if (value == kDigits.npos) return std::nullopt;
    at = at * 32 + static_cast<UnixMillis>(value);
  }
  return at;
}

bool Erased::is(const Name& name) const {
  if (name.tenant != job_.tenant) return false;
  const registry::JobFilter& asked = job_.filter;
  if (!asked.event_hash.empty()) return macs_.is_event(asked.event_hash, name.tenant, name.id);
  if (name.subject.empty() || accepted_at(name.id).value_or(name.appended_at) >= asked.to) return false;
  return macs_.is_subject(asked.subject_hash, name.tenant, name.source, name.subject);
}

bool Erased::has(const log::StoredRecord& record) const {
  const std::string id = id_of(record);
  const Name name{tenant_of(record), id, record.headers.get("ce_source"), record.headers.get("ce_subject"),
                  record.appended_at};
  return is(name) || tells_of(record);
}

bool Erased::has(const history::EventRow& event) const {
  return is({event.tenant, event.id, event.source, event.subject, event.at});
}

bool Erased::has(const history::LetterRow& letter) const {
  return is({letter.tenant, letter.event, letter.source, letter.subject, letter.at});
}

// certes.delivery.dead_lettered has the event's id and subject in its data.
bool Erased::tells_of(const log::StoredRecord& record) const {
  if (tenant_of(record) != job_.tenant || !record.headers.get("ce_type").starts_with(kAboutDeliveries)) return false;
  const auto json = registry::parse_json(record.value);
  if (!json || !json->is_object() || !json->contains("event") || !(*json)["event"].is_object()) return false;
  const registry::Json& event = (*json)["event"];
  const std::string id = text_in(event, "id"), source = text_in(event, "source"), subject = text_in(event, "subject");
  return is({job_.tenant, id, source, subject, record.appended_at});
}

}  // namespace certes::api
