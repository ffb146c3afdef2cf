// Whether a schema can be decided: each keyword known and of its type, each $ref at a schema, no endless circle.
#include <algorithm>
#include <map>
#include <set>

#include "common/schema/document.hpp"
#include "common/schema/formats.hpp"
#include "common/schema/patterns.hpp"
#include "common/schema/schema.hpp"

namespace certes::schema {
namespace {

enum class Kind : std::uint8_t {
  annotation,    // says nothing about what is valid
  root_only,     // $schema, $id
  schema,        // true, false or an object
  schemas,       // an array of schemas, not empty
  schema_map,    // by name
  items,         // a schema, or an array of schemas
  dependencies,  // by name: a schema, or names
  names,
  names_map,
  count,
  number,
  divisor,
  pattern,
  format,
  types,
  values,
  flag,
  any,
  ref,
};

const std::map<std::string_view, Kind>& keywords() {
  static const std::map<std::string_view, Kind> kAll = {
      {"$schema", Kind::root_only},
      {"$id", Kind::root_only},
      {"$comment", Kind::annotation},
      {"title", Kind::annotation},
      {"description", Kind::annotation},
      {"default", Kind::annotation},
      {"examples", Kind::annotation},
      {"deprecated", Kind::annotation},
      {"readOnly", Kind::annotation},
      {"writeOnly", Kind::annotation},
      {"$ref", Kind::ref},
      {"$defs", Kind::schema_map},
      {"definitions", Kind::schema_map},
      {"type", Kind::types},
      {"enum", Kind::values},
      {"const", Kind::any},
      {"allOf", Kind::schemas},
      {"anyOf", Kind::schemas},
      {"oneOf", Kind::schemas},
      {"not", Kind::schema},
      {"if", Kind::schema},
      {"then", Kind::schema},
      {"else", Kind::schema},
      {"minimum", Kind::number},
      {"maximum", Kind::number},
      {"exclusiveMinimum", Kind::number},
      {"exclusiveMaximum", Kind::number},
      {"multipleOf", Kind::divisor},
      {"minLength", Kind::count},
      {"maxLength", Kind::count},
      {"pattern", Kind::pattern},
      {"format", Kind::format},
      {"items", Kind::items},
      {"prefixItems", Kind::schemas},
      {"additionalItems", Kind::schema},
      {"contains", Kind::schema},
      {"minItems", Kind::count},
      {"maxItems", Kind::count},
      {"uniqueItems", Kind::flag},
      {"properties", Kind::schema_map},
      {"additionalProperties", Kind::schema},
      {"propertyNames", Kind::schema},
      {"required", Kind::names},
      {"minProperties", Kind::count},
      {"maxProperties", Kind::count},
      {"dependentRequired", Kind::names_map},
      {"dependentSchemas", Kind::schema_map},
      {"dependencies", Kind::dependencies},
  };
  return kAll;
}

constexpr std::string_view kTypes[] = {"null", "boolean", "object", "array", "number", "integer", "string"};
constexpr std::string_view kDrafts[] = {"draft-07/schema", "draft/2019-09/schema", "draft/2020-12/schema"};

Result<void> wrong(const std::string& place, std::string what) { return fail(Code::invalid, std::move(what), place); }

Result<void> check_name(const std::string& name, const std::string& place) {
  if (name.find('\0') == name.npos) return {};
  return wrong(place, "a name with the character U+0000 cannot be decided");
}

Result<void> check_names(const Json& value, const std::string& place) {
  if (!value.is_array()) return wrong(place, "must be an array of names");
  std::set<std::string> seen;
  for (const Json& name : value) {
    if (!name.is_string()) return wrong(place, "must be an array of names");
    if (!seen.insert(name.get<std::string>()).second) return wrong(place, "names " + name.dump() + " twice");
    if (auto ok = check_name(name.get<std::string>(), place); !ok) return ok;
  }
  return {};
}

Result<void> check_types(const Json& value, const std::string& place) {
  const auto known = [](const Json& type) {
    return type.is_string() && std::ranges::count(kTypes, type.get_ref<const std::string&>()) == 1;
  };
  if (value.is_array() && !value.empty() && std::ranges::all_of(value, known)) return {};
  if (known(value)) return {};
  return wrong(place, "must be null, boolean, object, array, number, integer or string, or an array of these");
}

// The numbers of a schema are compared as doubles and 64-bit integers.
Result<void> check_numbers(const Json& value, const std::string& place) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
    return wrong(place, "holds a number beyond 64 bits");
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i)
      if (auto ok = check_numbers(value[i], step(place, i)); !ok) return ok;
  if (value.is_object())
    for (const auto& [name, inner] : value.items())
      if (auto ok = check_numbers(inner, step(place, name)); !ok) return ok;
  return {};
}

class Checker {
 public:
  explicit Checker(const Json& root) : root_(root) {}

  Result<void> run() {
    if (auto ok = schema(root_, ""); !ok) return ok;
    for (const auto& [node, place] : refs_)
      if (auto ok = check_ref(*node, place); !ok) return ok;
    return {};
  }
  const Places& schemas() const { return schemas_; }

 private:
  Result<void> schema(const Json& node, const std::string& place) {
    if (node.is_boolean()) return {};
    if (!node.is_object()) return wrong(place, "must be a schema: an object, true or false");
    schemas_.emplace(&node, place);
    for (const auto& [name, value] : node.items()) {
      if (name.starts_with("x-")) continue;
      const auto known = keywords().find(name);
      if (known == keywords().end())
        return wrong(step(place, name), "the keyword \"" + name + "\" cannot be decided here");
      if (auto ok = keyword(known->second, name, value, step(place, name)); !ok) return ok;
    }
    return check_together(node, place);
  }

  Result<void> keyword(Kind kind, const std::string& name, const Json& value, const std::string& place) {
    switch (kind) {
      case Kind::annotation: return {};
      case Kind::root_only: return root_keyword(name, value, place);
      case Kind::schema: return schema(value, place);
      case Kind::schemas: return schemas(value, place);
      case Kind::items: return value.is_array() ? schemas(value, place) : schema(value, place);
      case Kind::schema_map:
      case Kind::names_map:
      case Kind::dependencies: return map(kind, value, place);
      case Kind::names: return check_names(value, place);
      case Kind::types: return check_types(value, place);
      case Kind::any: return check_numbers(value, place);
      case Kind::ref:
        if (!value.is_string()) return wrong(place, "must be a string");
        refs_.emplace_back(&value, place);
        return {};
      default: return scalar(kind, value, place);
    }
  }

  Result<void> scalar(Kind kind, const Json& value, const std::string& place) {
    if (auto ok = check_numbers(value, place); !ok) return ok;
    switch (kind) {
      case Kind::values:
        return value.is_array() && !value.empty() ? Result<void>{} : wrong(place, "must be an array that is not empty");
      case Kind::flag: return value.is_boolean() ? Result<void>{} : wrong(place, "must be true or false");
      case Kind::number: return value.is_number() ? Result<void>{} : wrong(place, "must be a number");
      case Kind::divisor:
        return value.is_number() && value.get<double>() > 0 ? Result<void>{} : wrong(place, "must be a number above 0");
      case Kind::count: {
        const bool good = value.is_number() && value.get<double>() >= 0 && value.get<double>() <= 1e15 &&
                          value.get<double>() == static_cast<double>(value.get<std::int64_t>());
        return good ? Result<void>{} : wrong(place, "must be a whole number from 0 on");
      }
      case Kind::pattern: {
        if (!value.is_string()) return wrong(place, "must be a string");
        const auto pattern = Pattern::make(value.get_ref<const std::string&>());
        if (!pattern) return wrong(place, pattern.error().message);
        instructions_ += pattern->instructions();
        if (instructions_ <= kMostInstructions) return {};
        return wrong(place, "the patterns of one schema have more than " + std::to_string(kMostInstructions) +
                                " instructions together");
      }
      case Kind::format:
        if (value.is_string() && known_format(value.get_ref<const std::string&>())) return {};
        return wrong(place, "the format " + value.dump() +
                                " is not checked here; date-time, date, time, uuid, email, " +
                                "ipv4, ipv6 and uri are");
      default: return {};
    }
  }

  Result<void> schemas(const Json& value, const std::string& place) {
    if (!value.is_array() || value.empty()) return wrong(place, "must be an array of schemas that is not empty");
    for (std::size_t i = 0; i < value.size(); ++i)
      if (auto ok = schema(value[i], step(place, i)); !ok) return ok;
    return {};
  }

  Result<void> map(Kind kind, const Json& value, const std::string& place) {
    if (!value.is_object()) return wrong(place, "must be an object");
    for (const auto& [name, inner] : value.items()) {
      const std::string at = step(place, name);
      if (auto ok = check_name(name, at); !ok) return ok;
      const bool names = kind == Kind::names_map || (kind == Kind::dependencies && inner.is_array());
      if (auto ok = names ? check_names(inner, at) : schema(inner, at); !ok) return ok;
    }
    return {};
  }

  Result<void> root_keyword(const std::string& name, const Json& value, const std::string& place) {
    if (place.find('/', 1) != place.npos)
      return wrong(place, "\"" + name + "\" cannot be decided below the root of a schema");
    if (!value.is_string()) return wrong(place, "must be a string");
    if (name != "$schema") return {};
    std::string_view draft = value.get_ref<const std::string&>();
    if (draft.ends_with('#')) draft.remove_suffix(1);
    const bool known = std::ranges::any_of(kDrafts, [&](std::string_view one) {
      return draft == "http://json-schema.org/" + std::string(one) ||
             draft == "https://json-schema.org/" + std::string(one);
    });
    return known ? Result<void>{} : wrong(place, "must be draft-07, 2019-09 or 2020-12 of json-schema.org");
  }

  // Keywords whose meaning hangs on another one.
  Result<void> check_together(const Json& node, const std::string& place) {
    const Json* items = member(node, "items");
    const bool listed = items != nullptr && items->is_array();
    if (node.contains("prefixItems") && (listed || node.contains("additionalItems")))
      return wrong(step(place, "prefixItems"), "does not go with items as an array, or additionalItems");
    if (node.contains("additionalItems") && !listed)
      return wrong(step(place, "additionalItems"), "goes only with items as an array");
    if (!node.contains("if") && (node.contains("then") || node.contains("else")))
      return wrong(step(place, node.contains("then") ? "then" : "else"), "goes only with \"if\"");
    return check_ref_siblings(node, place);
  }

  // Draft-07 ignores what stands beside a $ref, later drafts do not.
  Result<void> check_ref_siblings(const Json& node, const std::string& place) {
    const Json* draft = member(root_, "$schema");
    if (!node.contains("$ref") || draft == nullptr || draft->dump().find("draft-07") == std::string::npos) return {};
    for (const auto& [name, value] : node.items()) {
      const auto known = keywords().find(name);
      const bool harmless = known == keywords().end() || known->second == Kind::annotation ||
                            known->second == Kind::root_only || known->second == Kind::ref || name == "definitions";
      if (!harmless) return wrong(step(place, name), "is ignored beside $ref in draft-07: use allOf");
    }
    return {};
  }

  Result<void> check_ref(const Json& ref, const std::string& place) {
    const auto& text = ref.get_ref<const std::string&>();
    if (!text.starts_with('#')) return wrong(place, "only references within the schema (#/…) can be decided");
    const Json* target = resolve(root_, text);
    if (target != nullptr && (target->is_boolean() || schemas_.contains(target))) return {};
    return wrong(place, "does not point at a schema in this document");
  }

  const Json& root_;
  Places schemas_;
  std::vector<std::pair<const Json*, std::string>> refs_;
  std::size_t instructions_ = 0;  // of patterns so far
};

}  // namespace

Result<void> check_understood(std::string_view json) {
  const auto root = tree_of(json);
  if (!root) return fail(root.error());
  return Checker(*root).run();
}

Result<void> check_schema(std::string_view json) {
  const auto root = tree_of(json);
  if (!root) return fail(root.error());
  Checker checker(*root);
  if (auto ok = checker.run(); !ok) return ok;
  return check_expansion(*root, checker.schemas());
}

}  // namespace certes::schema
