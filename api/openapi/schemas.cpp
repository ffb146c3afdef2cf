#include "api/openapi/schemas.hpp"

#include "common/registry/codec.hpp"
#include "common/registry/kinds.hpp"

namespace certes::api {
namespace {

using registry::OrderedJson;

// Visits a schema and those in it.
template <class Visit>
void each_schema(OrderedJson& schema, Visit visit) {
  visit(schema);
  for (const char* group : {"properties", "items", "additionalProperties", "oneOf", "anyOf", "allOf"}) {
    const auto found = schema.find(group);
    if (found == schema.end()) continue;
    const bool one = std::string_view(group) == "items" || std::string_view(group) == "additionalProperties";
    if (one && found->is_object()) each_schema(*found, visit);
    if (one || !found->is_structured()) continue;
    for (OrderedJson& inner : *found) each_schema(inner, visit);
  }
}

// Or as it is shown: what is sealed may stay as it is.
void or_sealed(OrderedJson& schema) {
  OrderedJson text = std::move(schema);
  schema = {{"description", text.value("description", "")},
            {"oneOf", {OrderedJson(), {{"$ref", "#/components/schemas/Sealed"}}}}};
  text.erase("description");
  schema["oneOf"][0] = std::move(text);
}

OrderedJson declaration(std::string_view kind, const OrderedJson& words, const OrderedJson& of_all) {
  OrderedJson schema;
  registry::with_kind(kind, [&](auto type) { schema = registry::declaration_schema<typename decltype(type)::type>(); });
  schema.merge_patch(of_all);
  schema.merge_patch(words.at("members"));
  if (const auto sealed = words.find("sealed"); sealed != words.end())
    for (const OrderedJson& place : *sealed) or_sealed(schema[OrderedJson::json_pointer(place.get<std::string>())]);
  schema["description"] = words.at("description");
  return schema;
}

// Any member may be left out, or removed; what it has besides is read-only, and passed over.
OrderedJson patch_of(OrderedJson schema, const std::string& type) {
  schema["description"] = "What is to change of it: " + type + " as a JSON Merge Patch.";
  schema.erase("examples");
  schema["minProperties"] = 0;
  each_schema(schema, [](OrderedJson& one) {
    one.erase("required");
    one.erase("default");
    const auto properties = one.find("properties");
    if (properties == one.end()) return;
    for (OrderedJson& member : *properties) {
      OrderedJson given = std::move(member);
      member = {{"description", given.value("description", "")}};
      if (given.value("readOnly", false)) member["readOnly"] = true;
      given.erase("description");
      given.erase("readOnly");
      member["anyOf"] = {std::move(given), {{"type", "null"}}};
    }
  });
  return schema;
}

// A rule holds for what is declared, not for what another release has stored, which is shown as it is: what it may be
// is only what it mostly is, and there may be more of it.
OrderedJson shown(OrderedJson schema, const OrderedJson& words) {
  each_schema(schema, [](OrderedJson& one) {
    for (const char* rule : {"default", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
                             "minProperties", "maxProperties", "pattern", "required"})
      one.erase(rule);
    if (const auto values = one.find("enum"); values != one.end()) {
      one["examples"] = *values;
      one.erase("enum");
    }
    if (one.contains("additionalProperties") && one["additionalProperties"] == false) one.erase("additionalProperties");
  });
  schema.erase("examples");
  if (const auto more = words.find("shown"); more != words.end()) schema.merge_patch(*more);
  OrderedJson always = OrderedJson::array({"id"});
  for (const OrderedJson& member : words.at("always")) always.push_back(member);
  schema["required"] = std::move(always);
  return schema;
}

OrderedJson page_of(const std::string& type, const std::string& many) {
  const OrderedJson item = {{"$ref", "#/components/schemas/" + type}};
  return {{"type", "object"},
          {"description", "A page of " + many + "."},
          {"required", {"items", "next"}},
          {"properties",
           {{"items", {{"type", "array"}, {"items", item}, {"description", "In the order of their ids."}}},
            {"next", {{"type", {"string", "null"}}, {"description", "For `after`; null on the last page."}}}}}};
}

}  // namespace

void add_schemas(OrderedJson& schemas, std::string_view kind, const OrderedJson& words, const OrderedJson& of_all) {
  const auto type = words.at("type").get<std::string>();
  OrderedJson declared = declaration(kind, words, of_all);
  schemas[type + "Patch"] = patch_of(declared, type);
  schemas[type] = shown(declared, words);
  schemas[type + "Page"] = page_of(type, words.at("many").get<std::string>());
  schemas[type + "Declaration"] = std::move(declared);
}

}  // namespace certes::api
