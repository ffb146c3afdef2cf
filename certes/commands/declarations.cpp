#include "certes/commands/declarations.hpp"

#include <algorithm>
#include <filesystem>

#include "common/config/table.hpp"
#include "common/config/toml.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using config::TomlMember;
using config::TomlValue;
using Json = nlohmann::ordered_json;

// In the order of applying: subscriptions name endpoints, endpoints name policies.
struct Kind {
  const char* table;
  const char* path;
  std::vector<std::string> fields;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kAll{
      {"backoff_policies",
       "backoff-policies",
       {"id", "strategy", "base_seconds", "factor", "cap_seconds", "schedule_seconds", "jitter", "max_attempts",
        "max_seconds", "reprocess"}},
      {"event_types",
       "event-types",
       {"id", "schema", "schema_file", "compatibility", "unknown_below", "backoff_policy", "producer_backoff_policy"}},
      {"sources",
       "sources",
       {"id", "verify", "type_from", "id_from", "key_from", "subject_from", "forward_headers", "response",
        "deduplicate", "on_invalid", "exclusive", "kind", "rate_per_second", "backoff_policy",
        "producer_backoff_policy"}},
      {"endpoints",
       "endpoints",
       {"id",
        "url",
        "urls",
        "format",
        "concurrency",
        "timeout_seconds",
        "rate_per_second",
        "ordering",
        "backoff_policy",
        "headers",
        "auth",
        "tls",
        "secret",
        "secret_file",
        "breaker",
        "disable_after_seconds",
        "retry_on",
        "dead_letter_on",
        "signatures",
        "state"}},
      {"subscriptions",
       "subscriptions",
       {"id", "endpoint", "kind", "pattern", "priority", "filter", "backoff_policy", "tenants"}},
  };
  return kAll;
}

Error at(const std::string& place, const std::string& what) { return {Code::invalid, place + ": " + what}; }

struct Context {
  const std::string& file;
  const Variables& variables;
  std::string place(int line) const { return file + ":" + std::to_string(line); }
};

Result<std::string> expand(const std::string& text, const Context& context, int line) {
  std::string out;
  for (std::size_t start = 0;;) {
    const std::size_t open = text.find("${", start);
    out += text.substr(start, open - start);
    if (open == std::string::npos) return out;
    const std::size_t close = text.find('}', open);
    if (close == std::string::npos) return fail(at(context.place(line), "\"${\" without \"}\""));
    const std::string name = text.substr(open + 2, close - open - 2);
    const auto value = context.variables(name);
    if (!value) return fail(at(context.place(line), "the environment has no " + name));
    out += *value;
    start = close + 1;
  }
}

Result<Json> json_of(const TomlValue& value, const Context& context);
Result<Json> schema_from(const TomlMember& member, const Context& context);

Result<std::string> secret_from(const TomlValue& value, const Context& context) {
  if (value.kind != TomlValue::Kind::string) return fail(at(context.place(value.line), "secret_file must be a string"));
  const auto name = expand(value.text, context, value.line);
  if (!name) return fail(name.error());
  const auto directory = std::filesystem::path(context.file).parent_path();
  auto text = config::read_file((directory / *name).string(), 4'096);
  if (!text) return fail(at(context.place(value.line), text.error().message));
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  return text;
}

// `top`: the resource itself, not an object in it.
Result<Json> object_of(const TomlValue& table, const Context& context, bool top = false) {
  Json object = Json::object();
  for (const TomlMember& member : table.members) {
    if (top && (member.name == "schema" || member.name == "schema_file")) {
      if (object.contains("schema"))
        return fail(at(context.place(member.line), "schema and schema_file exclude each other"));
      auto schema = schema_from(member, context);
      if (!schema) return fail(schema.error());
      object["schema"] = std::move(*schema);
      continue;
    }
    if (member.name == "secret_file") {
      if (table.find("secret"))
        return fail(at(context.place(member.line), "secret and secret_file exclude each other"));
      auto secret = secret_from(member.value, context);
      if (!secret) return fail(secret.error());
      object["secret"] = std::move(*secret);
      continue;
    }
    auto value = json_of(member.value, context);
    if (!value) return fail(value.error());
    object[member.name] = std::move(*value);
  }
  return object;
}

Result<Json> json_of(const TomlValue& value, const Context& context) {
  switch (value.kind) {
    case TomlValue::Kind::table: return object_of(value, context);
    case TomlValue::Kind::integer: return Json(value.integer);
    case TomlValue::Kind::real: return Json(value.real);
    case TomlValue::Kind::boolean: return Json(value.boolean);
    case TomlValue::Kind::time: return Json(value.text);
    case TomlValue::Kind::string: {
      auto text = expand(value.text, context, value.line);
      if (!text) return fail(text.error());
      return Json(std::move(*text));
    }
    case TomlValue::Kind::array: break;
  }
  Json items = Json::array();
  for (const TomlValue& item : value.items) {
    auto converted = json_of(item, context);
    if (!converted) return fail(converted.error());
    items.push_back(std::move(*converted));
  }
  return items;
}

// A subscription may do without an id: one made of what it says, so that applying it again finds it.
std::string without_file(const std::string& name) {
  return name == "secret_file" || name == "schema_file" ? name.substr(0, name.rfind('_')) : name;
}

std::string derived_id(const Json& body) {
  std::string id = body.value("endpoint", std::string()) + "." + body.value("pattern", std::string());
  const auto kind = body.find("kind");
  if (kind != body.end() && kind->is_string() && *kind != "event") id += "." + kind->get<std::string>();
  std::string safe;
  for (const char c : id) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) || std::string_view("._~-").find(c) != std::string::npos;
    safe += c == '*' ? "any" : c == '#' ? "all" : plain ? std::string(1, c) : "_";
  }
  return safe.substr(0, 128);
}

Result<std::string> id_of(const Kind& kind, const Json& body, const std::string& place) {
  const auto found = body.find("id");
  if (found != body.end() && found->is_string() && !found->get_ref<const std::string&>().empty())
    return found->get<std::string>();
  if (found != body.end()) return fail(at(place, "id must be a string that is not empty"));
  const bool derivable = std::string_view(kind.path) == "subscriptions" && body.contains("endpoint") &&
                         body["endpoint"].is_string() && body.contains("pattern") && body["pattern"].is_string();
  if (!derivable) return fail(at(place, std::string(kind.table) + " need an id"));
  return derived_id(body);
}

// A schema may stand as a table, as JSON in a string, or in a file of its own.
Result<Json> schema_from(const TomlMember& member, const Context& context) {
  const std::string place = context.place(member.line);
  if (member.name == "schema" && member.value.kind != TomlValue::Kind::string) return json_of(member.value, context);
  if (member.value.kind != TomlValue::Kind::string) return fail(at(place, member.name + " must be a string"));
  std::string text = member.value.text;
  if (member.name == "schema_file") {
    const auto name = expand(text, context, member.line);
    if (!name) return fail(name.error());
    auto read = config::read_file((std::filesystem::path(context.file).parent_path() / *name).string(), 1u << 20);
    if (!read) return fail(at(place, read.error().message));
    text = std::move(*read);
  }
  Json schema = json_or_null<Json>(text);
  if (!schema.is_object()) return fail(at(place, "the schema is no JSON object"));
  return schema;
}

Result<Declaration> declaration_of(const Kind& kind, const TomlValue& table, const Context& context) {
  Declaration declaration;
  declaration.kind = kind.path;
  declaration.place = context.place(table.line);
  for (const TomlMember& member : table.members) {
    declaration.lines[without_file(member.name)] = context.place(member.line);
    if (std::find(kind.fields.begin(), kind.fields.end(), member.name) == kind.fields.end())
      return fail(at(context.place(member.line), std::string(kind.table) + " have no " + member.name +
                                                     config::did_you_mean(member.name, kind.fields)));
  }
  auto body = object_of(table, context, true);
  if (!body) return fail(body.error());
  auto id = id_of(kind, *body, declaration.place);
  if (!id) return fail(id.error());
  declaration.id = std::move(*id);
  body->erase("id");
  declaration.body = body->dump(-1, ' ', false, Json::error_handler_t::replace);
  return declaration;
}

Result<void> add_kind(const Kind& kind, const TomlMember& member, const Context& context,
                      std::vector<Declaration>& out) {
  const std::string header = "[[" + member.name + "]]";
  if (member.value.kind != TomlValue::Kind::array)
    return fail(at(context.place(member.line), member.name + " are declared as " + header));
  for (const TomlValue& item : member.value.items) {
    if (item.kind != TomlValue::Kind::table)
      return fail(at(context.place(item.line), member.name + " are declared as " + header));
    auto declaration = declaration_of(kind, item, context);
    if (!declaration) return fail(declaration.error());
    out.push_back(std::move(*declaration));
  }
  return {};
}

const Kind* find_kind(const std::string& table) {
  for (const Kind& kind : kinds())
    if (table == kind.table) return &kind;
  return nullptr;
}

std::size_t order_of(const Declaration& declaration) {
  std::size_t at = 0;
  while (at < kinds().size() && declaration.kind != kinds()[at].path) ++at;
  return at;
}

}  // namespace

Result<void> add_declarations(const std::string& text, const std::string& file, const Variables& variables,
                              std::vector<Declaration>& out) {
  const auto root = config::parse_toml(text, file);
  if (!root) return fail(root.error());
  const Context context{file, variables};
  for (const TomlMember& member : root->members) {
    const std::string place = context.place(member.line);
    const Kind* kind = find_kind(member.name);
    if (!kind) {
      std::vector<std::string> names;
      for (const Kind& known : kinds()) names.emplace_back(known.table);
      return fail(at(place, "unknown table " + member.name + config::did_you_mean(member.name, names)));
    }
    if (auto added = add_kind(*kind, member, context, out); !added) return added;
  }
  return {};
}

Result<void> check_together(std::vector<Declaration>& declarations) {
  std::map<std::string, std::string> places;
  for (const Declaration& declaration : declarations) {
    const auto [first, added] = places.emplace(declaration.name(), declaration.place);
    if (!added) return fail(at(declaration.place, declaration.name() + " was declared at " + first->second));
  }
  std::stable_sort(declarations.begin(), declarations.end(),
                   [](const Declaration& a, const Declaration& b) { return order_of(a) < order_of(b); });
  return {};
}

std::string place_of(const Declaration& declaration, const std::string& pointer) {
  if (!pointer.starts_with('/')) return declaration.place;
  const std::string member = pointer.substr(1, pointer.find('/', 1) - 1);
  const auto found = declaration.lines.find(member);
  return found == declaration.lines.end() ? declaration.place : found->second;
}

}  // namespace certes::command
