#include "common/json/json.hpp"
#include "common/registry/codec.hpp"

namespace certes::registry {
namespace {

// As compact JSON, its members sorted: so the same schema is the same text. Empty where there is none.
void read_schema(Fields& fields, std::string& out) {
  const Json* schema = fields.take("schema");
  if (schema == nullptr || schema->is_null()) return;
  if (!schema->is_object()) return fields.refuse("schema", "must be a JSON Schema: an object");
  std::string text = schema->dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > EventType::kMaxSchemaBytes) {
    return fields.refuse("schema", "has " + std::to_string(text.size()) + " bytes; at most " +
                                       std::to_string(EventType::kMaxSchemaBytes) + " are taken");
  }
  out = std::move(text);
}

void read_version(const Json& json, EventType& type, Fields& outer) {
  Fields fields = outer.entry(json, "versions", type.versions.size());
  EventType::Version version;
  fields.integer<std::int64_t>("version", version.number, 1, INT64_MAX);
  read_schema(fields, version.schema);
  fields.integer<std::int64_t>("created_at", version.created_at, 0, INT64_MAX);
  fields.text("created_by", version.created_by);
  if (auto error = fields.done()) return outer.refuse(std::move(*error));
  type.versions.push_back(std::move(version));
}

void read_versions(Fields& fields, EventType& type) {
  const Json* versions = fields.take("versions");
  if (versions == nullptr) return;
  if (!versions->is_array()) return fields.refuse("versions", "must be an array");
  for (const Json& version : *versions) read_version(version, type, fields);
}

OrderedJson parsed(const std::string& schema) { return json_or_null<OrderedJson>(schema); }

}  // namespace

void read(Fields& fields, EventType& type, Form form) {
  read_schema(fields, type.schema);
  fields.choice("compatibility", type.compatibility, {"none", "backward", "forward", "full"});
  fields.choice("unknown_below", type.unknown_below, {"inherit", "open", "strict"});
  fields.text("backoff_policy", type.backoff_policy, 128);
  fields.text("producer_backoff_policy", type.producer_backoff_policy, 128);
  if (form == Form::stored) {
    fields.integer<std::int64_t>("schema_version", type.schema_version, 0, INT64_MAX);
    read_versions(fields, type);
  } else {
    fields.passed_over({"schema_version", "versions", "built_in"});
  }
}

void write(OrderedJson& out, const EventType& type, bool stored) {
  constexpr std::string_view kCompatibilities[] = {"none", "backward", "forward", "full"};
  constexpr std::string_view kBelow[] = {"inherit", "open", "strict"};
  if (!type.schema.empty()) out["schema"] = parsed(type.schema);
  out["schema_version"] = type.schema_version;
  out["compatibility"] = kCompatibilities[static_cast<std::size_t>(type.compatibility)];
  out["unknown_below"] = kBelow[static_cast<std::size_t>(type.unknown_below)];
  if (!type.backoff_policy.empty()) out["backoff_policy"] = type.backoff_policy;
  if (!type.producer_backoff_policy.empty()) out["producer_backoff_policy"] = type.producer_backoff_policy;
  if (type.built_in) out["built_in"] = true;
  if (!stored) return;
  OrderedJson& versions = out["versions"] = OrderedJson::array();
  for (const EventType::Version& version : type.versions)
    versions.push_back({{"version", version.number},
                        {"schema", parsed(version.schema)},
                        {"created_at", version.created_at},
                        {"created_by", version.created_by}});
}

}  // namespace certes::registry
