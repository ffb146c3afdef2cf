#pragma once
// Random schemas of the keywords that docs/event-types.md lists, small changes of them, and values near what they say.
// Few names and numbers, so that schemas and values meet. Who: soundness_test.

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace certes::testing {

class RandomSchemas {
 public:
  using Json = nlohmann::json;

  explicit RandomSchemas(std::uint64_t seed) : bits_(seed) {}

  Json document() {
    Json schema = object(3);
    schema["$defs"] = {{"a", object(2)}, {"b", object(1)}};
    // Only these two refer on, into a value and never in place: no reference leads to itself.
    if (one_in(3)) schema["$defs"]["a"]["properties"]["p"] = {{"$ref", "#/$defs/a"}};
    if (one_in(3)) schema["$defs"]["b"]["items"] = {{"$ref", "#"}};
    return schema;
  }

  // One subschema of it becomes another, or loses or gains a keyword.
  Json changed(Json schema) {
    Json* at = &schema;
    for (int depth = below(4); depth > 0; --depth) {
      std::vector<Json*> inner;
      for (auto& [name, value] : at->items())
        if (name != "enum" && name != "const" && name != "required" && name != "type")
          for (Json* one : subschemas(value)) inner.push_back(one);
      if (inner.empty()) break;
      at = inner[static_cast<std::size_t>(below(static_cast<int>(inner.size())))];
    }
    if (at->contains("$ref")) return schema;
    if (one_in(2) && !at->empty()) {
      auto member = at->begin();
      std::advance(member, below(static_cast<int>(at->size())));
      if (member.key() != "$defs") at->erase(member);
    } else {
      keyword(*at, 1);
    }
    return schema;
  }

  Json value(int depth = 3) {
    switch (below(depth > 0 ? 8 : 6)) {
      case 0: return nullptr;
      case 1: return one_in(2);
      case 2: return below(5) - 1;
      case 3: return (below(9) - 2) * 0.5;
      case 4:
      case 5: return text();
      case 6: {
        Json items = Json::array();
        for (int i = below(4); i > 0; --i) items.push_back(value(depth - 1));
        return items;
      }
      default: {
        Json members = Json::object();
        for (int i = below(4); i > 0; --i) members[name()] = value(depth - 1);
        return members;
      }
    }
  }

 private:
  int below(int count) { return static_cast<int>(bits_() % static_cast<std::uint64_t>(count)); }
  bool one_in(int count) { return below(count) == 0; }
  std::string name() { return std::string(1, "pqr"[below(3)]); }
  std::string text() { return std::string(static_cast<std::size_t>(below(4)), "ab"[below(2)]); }

  static std::vector<Json*> subschemas(Json& value) {
    std::vector<Json*> found;
    if (value.is_object() && !value.empty() && value.begin()->is_object())
      for (auto& [name, inner] : value.items())
        if (inner.is_object()) found.push_back(&inner);
    if (value.is_object()) found.push_back(&value);
    if (value.is_array())
      for (Json& inner : value)
        if (inner.is_object()) found.push_back(&inner);
    // `properties` and `$defs` are maps of schemas, no schemas.
    std::erase_if(found, [&](Json* one) { return one == &value && found.size() > 1; });
    return found;
  }

  Json schema(int depth) {
    if (one_in(12)) return one_in(2);
    if (depth > 0 && one_in(8)) return {{"$ref", one_in(2) ? "#/$defs/a" : "#/$defs/b"}};
    return object(depth);
  }

  Json object(int depth) {
    Json made = Json::object();
    if (!one_in(3)) made["type"] = types();
    for (int i = below(3) + 1; i > 0; --i) keyword(made, depth);
    return made;
  }

  Json types() {
    static const char* const kNames[] = {"null", "boolean", "object", "array", "string", "integer", "number"};
    if (!one_in(4)) return kNames[below(7)];
    const int first = below(6);
    return Json::array({kNames[first], kNames[first + 1]});
  }

  Json list(int depth) {
    Json made = Json::array();
    for (int i = below(2) + 1; i > 0; --i) made.push_back(object(depth - 1));
    return made;
  }

  void keyword(Json& in, int depth) {
    switch (below(depth > 0 ? 30 : 15)) {
      case 0: in["minimum"] = below(5) - 1; break;
      case 1: in["maximum"] = below(5) * 0.5; break;
      case 2: in["exclusiveMinimum"] = below(4) - 1; break;
      case 3: in["exclusiveMaximum"] = below(4); break;
      case 4: in["multipleOf"] = (below(4) + 1) * 0.5; break;
      case 5: in["minLength"] = below(3); break;
      case 6: in["maxLength"] = below(4); break;
      case 7: in["pattern"] = one_in(2) ? "^a" : "b$"; break;
      case 8:
        in["enum"] = Json::array({value(1), value(1)});
        unique(in["enum"]);
        break;
      case 9: in["const"] = value(1); break;
      case 10: in["required"] = Json::array({name()}); break;
      case 11: in[one_in(2) ? "minProperties" : "minItems"] = below(3); break;
      case 12: in[one_in(2) ? "maxProperties" : "maxItems"] = below(3); break;
      case 13: in["uniqueItems"] = true; break;
      case 14: in["dependentRequired"] = {{name(), Json::array({name()})}}; break;
      case 15:
      case 16:
      case 17:
      case 18: in["properties"][name()] = schema(depth - 1); break;
      case 19: in["additionalProperties"] = one_in(2) ? Json(false) : schema(depth - 1); break;
      case 20:
        in["propertyNames"] = {{"enum", Json::array({"p", name()})}};
        unique(in["propertyNames"]["enum"]);
        break;
      case 21: in["items"] = schema(depth - 1); break;
      case 22: in["prefixItems"] = list(depth); break;
      case 23: in["contains"] = schema(depth - 1); break;
      case 24: in["dependentSchemas"] = {{name(), object(depth - 1)}}; break;
      case 25: in["allOf"] = list(depth); break;
      case 26: in["anyOf"] = list(depth); break;
      case 27: in["oneOf"] = list(depth); break;
      case 28: in["not"] = object(depth - 1); break;
      default:
        in["if"] = object(depth - 1);
        if (!one_in(3)) in["then"] = object(depth - 1);
        if (one_in(2)) in["else"] = object(depth - 1);
    }
  }

  static void unique(Json& list) {
    if (list.size() == 2 && list[0] == list[1]) list.erase(1);
  }

  std::mt19937_64 bits_;
};

}  // namespace certes::testing
