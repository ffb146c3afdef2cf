#include "common/registry/record_json.hpp"

#include <algorithm>

#include "common/json/json.hpp"
#include "common/registry/asked_json.hpp"
#include "common/registry/plain_change.hpp"
#include "common/registry/slices.hpp"

namespace certes::registry {
namespace {

constexpr std::string_view kOps[] = {"create", "put", "remove"};

std::string text_of(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

// `json`, an object, with one more member, which is text already.
std::string with_member(const OrderedJson& json, std::string_view name, std::string_view value) {
  std::string text = text_of(json);
  text.pop_back();
  return text.append(",\"").append(name).append("\":").append(value).append("}");
}

void write(OrderedJson& json, const Envelope& envelope) {
  if (!envelope.needs.empty()) json["needs"] = envelope.needs;
  if (!envelope.claims.empty()) json["claims"] = envelope.claims;
  if (!envelope.state.empty()) json["state"] = envelope.state;
  if (envelope.purge) json["purge"] = json_of(*envelope.purge);
  if (envelope.retry) json["retry"] = json_of(*envelope.retry);
}

// Members of other types or none at all make a record foreign; at() and get() throw for both.
Envelope envelope_of(const Json& json) {
  Envelope envelope;
  if (json.contains("needs")) envelope.needs = json.at("needs").get<std::vector<std::string>>();
  if (json.contains("claims")) envelope.claims = json.at("claims").get<std::vector<std::string>>();
  if (json.contains("state")) envelope.state = json.at("state").get<std::string>();
  if (json.contains("purge")) envelope.purge = purge_of(json.at("purge"));
  if (json.contains("retry")) envelope.retry = retry_of(json.at("retry"));
  return envelope;
}

void write(OrderedJson& json, const std::vector<Spell>& spells) {
  for (const Spell& one : spells)
    json["spells"].push_back({{"state", one.state},
                              {"by", one.by},
                              {"from", one.from},
                              {"to", one.to},
                              {"from_offset", one.from_offset},
                              {"to_offset", one.to_offset}});
}

std::vector<Spell> spells_of(const Json& json) {
  std::vector<Spell> spells;
  if (!json.contains("spells")) return spells;
  for (const Json& one : json.at("spells"))
    spells.push_back({one.at("state").get<std::string>(), one.at("by").get<std::string>(),
                      one.at("from").get<UnixMillis>(), one.at("to").get<UnixMillis>(),
                      one.at("from_offset").get<std::int64_t>(), one.at("to_offset").get<std::int64_t>()});
  return spells;
}

Json read_json(std::string_view text) {
  auto json = certes::parse_json<Json>(text);
  if (!json) throw std::invalid_argument("no JSON");
  return std::move(*json);
}

// An object in two: what is read, and what stays as it stands.
struct Split {
  Json read;
  std::string_view kept;  // the value of the member `name`; empty: there is none
};

Split split(const std::vector<Slice>& members, std::string_view name) {
  Split split;
  std::string read = "{";
  for (const Slice& member : members) {
    if (member.name == name) {
      split.kept = member.value;
      continue;
    }
    if (read.size() > 1) read += ',';
    read.append("\"").append(member.name).append("\":").append(member.value);
  }
  split.read = read_json(read + "}");
  return split;
}

// What makes the name of a resource ambiguous makes its record foreign.
void check_name(const Meta& resource, std::string_view kind) {
  const bool good = !resource.tenant.empty() && !kind.empty() && !resource.id.empty() &&
                    resource.tenant.find('/') == std::string::npos && kind.find('/') == std::string_view::npos;
  if (!good) throw std::invalid_argument("name");
}

ChangeRecord decode_change(const Json& json, std::string_view body) {
  ChangeRecord record;
  record.change_id = json.at("change").get<std::string>();
  Change& change = record.change;
  const auto op = json.at("op").get<std::string>();
  const auto* const known = std::find(std::begin(kOps), std::end(kOps), op);
  if (known == std::end(kOps)) throw std::invalid_argument("op");
  change.op = static_cast<Change::Op>(known - std::begin(kOps));
  Meta name;
  name.tenant = change.tenant = json.at("tenant").get<std::string>();
  name.id = change.id = json.at("id").get<std::string>();
  change.kind = json.at("kind").get<std::string>();
  check_name(name, change.kind);
  change.by = json.at("by").get<std::string>();
  if (json.contains("based_on")) change.based_on = json.at("based_on").get<std::int64_t>();
  if (json.contains("cascade")) change.cascade = json.at("cascade").get<bool>();
  change.envelope = envelope_of(json);
  change.body = body;
  return record;
}

EntryPtr decode_entry(std::string_view text) {
  const auto members = members_of(text);
  if (!members) throw std::invalid_argument("no object");
  const auto [json, body] = split(*members, "body");
  auto entry = std::make_shared<Entry>();
  entry->kind = json.at("kind").get<std::string>();
  entry->tenant = json.at("tenant").get<std::string>();
  entry->id = json.at("id").get<std::string>();
  check_name(*entry, entry->kind);
  entry->version = json.at("version").get<std::int64_t>();
  entry->created_at = json.at("created_at").get<UnixMillis>();
  entry->created_by = json.at("created_by").get<std::string>();
  entry->updated_at = json.at("updated_at").get<UnixMillis>();
  entry->updated_by = json.at("updated_by").get<std::string>();
  entry->envelope = envelope_of(json);
  entry->spells = spells_of(json);
  if (json.contains("purges"))
    for (const Json& one : json.at("purges")) entry->purges.push_back(purge_of(one));
  if (json.contains("retries"))
    for (const Json& one : json.at("retries")) entry->retries.push_back(retry_of(one));
  entry->body = std::make_shared<const std::string>(body);
  return entry;
}

SnapshotChunk decode_chunk(const std::vector<Slice>& members) {
  auto [json, resources] = split(members, "resources");
  SnapshotChunk chunk{json.at("snapshot").get<std::string>(),
                      json.at("as_of").get<std::int64_t>(),
                      json.at("chunk").get<std::int64_t>(),
                      {},
                      json.contains("audit") ? std::move(json["audit"]) : Json::array()};
  const auto items = items_of(resources);
  if (!items) throw std::invalid_argument("resources");
  for (const Slice& item : *items) chunk.resources.push_back(decode_entry(item.value));
  return chunk;
}

SnapshotEnd decode_end(const Json& json) {
  return {json.at("snapshot").get<std::string>(), json.at("as_of").get<std::int64_t>(),
          json.at("chunks").get<std::int64_t>(), json.at("check").get<std::string>(),
          json.at("decided").get<std::vector<std::string>>()};
}

// Nothing: it is none of ours.
std::optional<std::int64_t> format_of(const std::vector<Slice>& members) {
  bool ours = false;
  std::optional<std::int64_t> format;
  for (const Slice& member : members) {
    ours |= member.name == "change" || member.name == "snapshot";
    if (member.name != "v") continue;
    const Json number = json_or_null<Json>(member.value);
    if (number.is_number_integer()) format = number.get<std::int64_t>();
  }
  if (!ours && !format) return std::nullopt;
  return format.value_or(0);
}

bool has(const std::vector<Slice>& members, std::string_view name) {
  return std::ranges::any_of(members, [&](const Slice& member) { return member.name == name; });
}

}  // namespace

Result<std::string> encode(const std::string& change_id, const Change& change) {
  OrderedJson json = {
      {"v", kRecordFormat},  {"change", change_id},     {"op", kOps[static_cast<std::size_t>(change.op)]},
      {"kind", change.kind}, {"tenant", change.tenant}, {"id", change.id},
      {"by", change.by}};
  if (change.based_on) json["based_on"] = *change.based_on;
  if (change.cascade) json["cascade"] = true;
  write(json, change.envelope);
  if (change.body.empty()) return text_of(json);
  if (!json_or_null<Json>(change.body).is_object()) return fail(Code::invalid, "the resource is no JSON object");
  return with_member(json, "body", change.body);
}

std::string encode(const Entry& entry) {
  OrderedJson json = {{"kind", entry.kind},
                      {"tenant", entry.tenant},
                      {"id", entry.id},
                      {"version", entry.version},
                      {"created_at", entry.created_at},
                      {"created_by", entry.created_by},
                      {"updated_at", entry.updated_at},
                      {"updated_by", entry.updated_by}};
  write(json, entry.envelope);
  write(json, entry.spells);
  for (const Purge& one : entry.purges) json["purges"].push_back(json_of(one));
  for (const Retry& one : entry.retries) json["retries"].push_back(json_of(one));
  return entry.body->empty() ? text_of(json) : with_member(json, "body", *entry.body);
}

std::string encode(const SnapshotChunk& chunk) {
  OrderedJson json = {
      {"v", kRecordFormat}, {"snapshot", chunk.snapshot}, {"as_of", chunk.as_of}, {"chunk", chunk.chunk}};
  if (!chunk.audit.empty()) json["audit"] = chunk.audit;
  std::string resources;
  for (const EntryPtr& entry : chunk.resources) resources.append(resources.empty() ? "" : ",").append(encode(*entry));
  return with_member(json, "resources", "[" + resources + "]");
}

std::string encode(const SnapshotEnd& end) {
  return text_of({{"v", kRecordFormat},
                  {"snapshot", end.snapshot},
                  {"as_of", end.as_of},
                  {"chunks", end.chunks},
                  {"check", end.check},
                  {"decided", end.decided}});
}

Record decode(std::string_view value) {
  const auto members = members_of(value);
  if (auto plain = members ? plain_change(*members) : std::nullopt) return std::move(*plain);
  const auto format = members ? format_of(*members) : std::nullopt;
  if (!format) return ForeignRecord{};
  if (*format != kRecordFormat) return OtherFormat{*format};
  try {
    if (has(*members, "change")) {
      const auto [json, body] = split(*members, "body");
      return decode_change(json, body);
    }
    if (has(*members, "chunk")) return decode_chunk(*members);
    if (has(*members, "snapshot")) return decode_end(read_json(value));
  } catch (const std::exception&) {
    return ForeignRecord{};
  }
  return ForeignRecord{};
}

}  // namespace certes::registry
