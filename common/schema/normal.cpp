// Schemas in draft-07's words, for the validator.
#include <map>

#include "common/schema/document.hpp"
#include "common/schema/schema.hpp"

namespace certes::schema {
namespace {

class Normalizer {
 public:
  explicit Normalizer(const Json& root) : root_(root) {}

  Json run() {
    Json normal = schema(root_);
    if (normal.contains("$ref")) normal = {{"allOf", Json::array({normal})}};
    // Each that is referred to stands at the root, under a number. Normalizing one may find more.
    Json definitions = Json::object();
    for (std::size_t i = 0; i < targets_.size(); ++i) definitions[std::to_string(i)] = schema(*targets_[i]);
    if (!definitions.empty()) normal["definitions"] = std::move(definitions);
    return normal;
  }

 private:
  Json schema(const Json& node) {
    if (!node.is_object()) return node;
    Json out = Json::object();
    for (const auto& [name, value] : node.items()) keyword(name, value, out);
    arrays(node, out);
    dependencies(node, out);
    if (const Json* ref = member(node, "$ref")) {
      Json own = reference(resolve(root_, ref->get_ref<const std::string&>()));
      if (out.empty()) return own;
      out["allOf"].push_back(std::move(own));
    }
    return out;
  }

  void keyword(const std::string& name, const Json& value, Json& out) {
    static const std::map<std::string_view, const char*> kOurs = {
        {"pattern", kPattern},     {"format", kFormat},         {"minLength", kMinLength},
        {"maxLength", kMaxLength}, {"multipleOf", kMultipleOf}, {"uniqueItems", kUniqueItems}};
    static constexpr std::string_view kAsTheyAre[] = {
        "type",     "enum",     "const",    "minimum",       "maximum",      "exclusiveMinimum", "exclusiveMaximum",
        "minItems", "maxItems", "required", "minProperties", "maxProperties"};
    if (const auto ours = kOurs.find(name); ours != kOurs.end()) {
      out[ours->second] = value;
    } else if (std::ranges::count(kAsTheyAre, name) == 1) {
      if (name != "required" || !value.empty()) out[name] = value;
    } else if (name == "allOf" || name == "anyOf" || name == "oneOf") {
      for (const Json& branch : value) out[name].push_back(schema(branch));
    } else if (name == "properties") {
      out[name] = Json::object();
      for (const auto& [property, inner] : value.items()) out[name][property] = schema(inner);
    } else if (name == "not" || name == "if" || name == "then" || name == "else" || name == "contains" ||
               name == "additionalProperties") {
      out[name] = schema(value);
    } else if (name == "propertyNames") {
      // Within a schema that is referred to, valijson 1.0 takes the one around it for one that stands here in place.
      out[name] = reference(&value);
    }
  }

  void arrays(const Json& node, Json& out) {
    const Json* items = member(node, "items");
    const Json* prefix = member(node, "prefixItems");
    const bool listed = items != nullptr && items->is_array();
    const Json* first = listed ? items : prefix;
    const Json* rest = listed ? member(node, "additionalItems") : items;
    if (first == nullptr) {
      if (rest != nullptr) out["items"] = schema(*rest);
      return;
    }
    for (const Json& item : *first) out["items"].push_back(schema(item));
    out["additionalItems"] = rest == nullptr ? Json(true) : schema(*rest);
  }

  void dependencies(const Json& node, Json& out) {
    for (const char* name : {"dependentRequired", "dependentSchemas", "dependencies"}) {
      const Json* map = member(node, name);
      if (map == nullptr || map->empty()) continue;
      Json dependent = Json::object();
      for (const auto& [property, value] : map->items()) dependent[property] = value.is_array() ? value : schema(value);
      out["allOf"].push_back({{"dependencies", std::move(dependent)}});
    }
  }

  Json reference(const Json* target) {
    const auto known = std::ranges::find(targets_, target);
    const auto number = known - targets_.begin();
    if (known == targets_.end()) targets_.push_back(target);
    return {{"$ref", "#/definitions/" + std::to_string(number)}};
  }

  const Json& root_;
  std::vector<const Json*> targets_;
};

}  // namespace

Result<std::string> normal_form(std::string_view json) {
  const auto root = parse_checked(json);
  if (!root) return fail(root.error());
  return Normalizer(*root).run().dump();
}

}  // namespace certes::schema
