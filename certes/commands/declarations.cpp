#include "certes/commands/declarations.hpp"

#include <algorithm>
#include <filesystem>

#include "certes/commands/declared_kinds.hpp"
#include "common/config/table.hpp"
#include "common/config/toml.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using config::TomlMember;
using config::TomlValue;
using Json = nlohmann::ordered_json;

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
    if (close == std::string::npos) return fail(wrong_at(context.place(line), "\"${\" without \"}\""));
    const std::string name = text.substr(open + 2, close - open - 2);
    const auto value = context.variables(name);
    if (!value) return fail(wrong_at(context.place(line), "the environment has no " + name));
    out += *value;
    start = close + 1;
  }
}

Result<Json> json_of(const TomlValue& value, const Context& context);
Result<Json> schema_from(const TomlMember& member, const Context& context);

Result<std::string> secret_from(const TomlValue& value, const Context& context) {
  if (value.kind != TomlValue::Kind::string)
    return fail(wrong_at(context.place(value.line), "secret_file must be a string"));
  const auto name = expand(value.text, context, value.line);
  if (!name) return fail(name.error());
  const auto directory = std::filesystem::path(context.file).parent_path();
  auto text = config::read_file((directory / *name).string(), 4'096);
  if (!text) return fail(wrong_at(context.place(value.line), text.error().message));
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  return text;
}

// `top`: the resource itself, not an object in it.
Result<Json> object_of(const TomlValue& table, const Context& context, bool top = false) {
  Json object = Json::object();
  for (const TomlMember& member : table.members) {
    if (top && (member.name == "schema" || member.name == "schema_file")) {
      if (object.contains("schema"))
        return fail(wrong_at(context.place(member.line), "schema and schema_file exclude each other"));
      auto schema = schema_from(member, context);
      if (!schema) return fail(schema.error());
      object["schema"] = std::move(*schema);
      continue;
    }
    if (member.name == "secret_file") {
      if (table.find("secret"))
        return fail(wrong_at(context.place(member.line), "secret and secret_file exclude each other"));
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

std::string without_file(const std::string& name) {
  return name == "secret_file" || name == "schema_file" ? name.substr(0, name.rfind('_')) : name;
}

// A schema may stand as a table, as JSON in a string, or in a file of its own.
Result<Json> schema_from(const TomlMember& member, const Context& context) {
  const std::string place = context.place(member.line);
  if (member.name == "schema" && member.value.kind != TomlValue::Kind::string) return json_of(member.value, context);
  if (member.value.kind != TomlValue::Kind::string) return fail(wrong_at(place, member.name + " must be a string"));
  std::string text = member.value.text;
  if (member.name == "schema_file") {
    const auto name = expand(text, context, member.line);
    if (!name) return fail(name.error());
    auto read = config::read_file((std::filesystem::path(context.file).parent_path() / *name).string(), 1u << 20);
    if (!read) return fail(wrong_at(place, read.error().message));
    text = std::move(*read);
  }
  Json schema = json_or_null<Json>(text);
  if (!schema.is_object()) return fail(wrong_at(place, "the schema is no JSON object"));
  return schema;
}

Result<Declaration> declaration_of(const DeclaredKind& kind, const TomlValue& table, const Context& context) {
  Declaration declaration;
  declaration.kind = kind.path;
  declaration.place = context.place(table.line);
  for (const TomlMember& member : table.members) {
    declaration.lines[without_file(member.name)] = context.place(member.line);
    if (std::ranges::find(kind.fields, member.name) == kind.fields.end())
      return fail(wrong_at(context.place(member.line), std::string(kind.table) + " have no " + member.name +
                                                           config::did_you_mean(member.name, kind.fields)));
  }
  auto body = object_of(table, context, true);
  if (!body) return fail(body.error());
  return with_body(kind, std::move(declaration), std::move(*body));
}

Result<void> add_kind(const DeclaredKind& kind, const TomlMember& member, const Context& context,
                      std::vector<Declaration>& out) {
  const std::string header = "[[" + member.name + "]]";
  if (member.value.kind != TomlValue::Kind::array)
    return fail(wrong_at(context.place(member.line), member.name + " are declared as " + header));
  for (const TomlValue& item : member.value.items) {
    if (item.kind != TomlValue::Kind::table)
      return fail(wrong_at(context.place(item.line), member.name + " are declared as " + header));
    auto declaration = declaration_of(kind, item, context);
    if (!declaration) return fail(declaration.error());
    out.push_back(std::move(*declaration));
  }
  return {};
}

}  // namespace

Result<void> add_declarations(const std::string& text, const std::string& file, const Variables& variables,
                              std::vector<Declaration>& out) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '{') return add_json_declarations(text, file, out);
  const auto root = config::parse_toml(text, file);
  if (!root) return fail(root.error());
  const Context context{file, variables};
  for (const TomlMember& member : root->members) {
    const auto kind = kind_of_table(member.name, context.place(member.line));
    if (!kind) return fail(kind.error());
    if (auto added = add_kind(**kind, member, context, out); !added) return added;
  }
  return {};
}

Result<void> check_together(std::vector<Declaration>& declarations) {
  std::map<std::string, std::string> places;
  for (const Declaration& declaration : declarations) {
    const auto [first, added] = places.emplace(declaration.name(), declaration.place);
    if (!added) return fail(wrong_at(declaration.place, declaration.name() + " was declared at " + first->second));
  }
  std::stable_sort(declarations.begin(), declarations.end(),
                   [](const Declaration& a, const Declaration& b) { return order_of(a.kind) < order_of(b.kind); });
  return {};
}

std::string place_of(const Declaration& declaration, const std::string& pointer) {
  if (!pointer.starts_with('/')) return declaration.place;
  const std::string member = pointer.substr(1, pointer.find('/', 1) - 1);
  const auto found = declaration.lines.find(member);
  return found == declaration.lines.end() ? declaration.place : found->second;
}

}  // namespace certes::command
