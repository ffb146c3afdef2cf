#include "common/registry/record_json.hpp"

namespace certes::registry {
namespace {

constexpr std::string_view kOps[] = {"create", "put", "remove"};

// Members of other types or none at all make a record foreign; at() and get() throw for both.
ChangeRecord decode_change(Json& json) {
  ChangeRecord record;
  record.change_id = json.at("change").get<std::string>();
  Change& change = record.change;
  const auto op = json.at("op").get<std::string>();
  const auto* const known = std::find(std::begin(kOps), std::end(kOps), op);
  if (known == std::end(kOps)) throw std::invalid_argument("op");
  change.op = static_cast<Change::Op>(known - std::begin(kOps));
  change.kind = json.at("kind").get<std::string>();
  change.tenant = json.at("tenant").get<std::string>();
  change.id = json.at("id").get<std::string>();
  change.by = json.at("by").get<std::string>();
  if (json.contains("based_on")) change.based_on = json.at("based_on").get<std::int64_t>();
  if (json.contains("cascade")) change.cascade = json.at("cascade").get<bool>();
  if (json.contains("body")) record.body = std::move(json.at("body"));
  return record;
}

SnapshotChunk decode_chunk(Json& json) {
  Json audit = json.contains("audit") ? std::move(json["audit"]) : Json::array();
  return {json.at("snapshot").get<std::string>(), json.at("as_of").get<std::int64_t>(),
          json.at("chunk").get<std::int64_t>(), std::move(json.at("resources")), std::move(audit)};
}

SnapshotEnd decode_end(const Json& json) {
  return {json.at("snapshot").get<std::string>(), json.at("as_of").get<std::int64_t>(),
          json.at("chunks").get<std::int64_t>(), json.at("check").get<std::string>(),
          json.at("decided").get<std::vector<std::string>>()};
}

}  // namespace

Result<std::string> encode(const std::string& change_id, const Change& change) {
  OrderedJson json = {
      {"v", kRecordFormat},  {"change", change_id},     {"op", kOps[static_cast<std::size_t>(change.op)]},
      {"kind", change.kind}, {"tenant", change.tenant}, {"id", change.id},
      {"by", change.by}};
  if (change.based_on) json["based_on"] = *change.based_on;
  if (change.cascade) json["cascade"] = true;
  if (!change.body.empty()) {
    const auto body = OrderedJson::parse(change.body, nullptr, false);
    if (!body.is_object()) return fail(Code::invalid, "the resource is no JSON object");
    json["body"] = body;
  }
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string encode(const SnapshotChunk& chunk) {
  OrderedJson json = {{"v", kRecordFormat},
                      {"snapshot", chunk.snapshot},
                      {"as_of", chunk.as_of},
                      {"chunk", chunk.chunk},
                      {"resources", chunk.resources}};
  if (!chunk.audit.empty()) json["audit"] = chunk.audit;
  return json.dump();
}

std::string encode(const SnapshotEnd& end) {
  const OrderedJson json = {{"v", kRecordFormat},   {"snapshot", end.snapshot}, {"as_of", end.as_of},
                            {"chunks", end.chunks}, {"check", end.check},       {"decided", end.decided}};
  return json.dump();
}

Entry decode(std::string_view value) {
  Json json = Json::parse(value, nullptr, false);
  if (!json.is_object() || !json.contains("v") || !json["v"].is_number_integer()) return ForeignRecord{};
  const auto format = json["v"].get<std::int64_t>();
  if (format > kRecordFormat) return NewerRecord{format};
  try {
    if (json.contains("change")) return decode_change(json);
    if (json.contains("chunk")) return decode_chunk(json);
    if (json.contains("snapshot")) return decode_end(json);
  } catch (const std::exception&) {
    return ForeignRecord{};
  }
  return ForeignRecord{};
}

}  // namespace certes::registry
