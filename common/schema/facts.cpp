#include "common/schema/facts.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/schema/evaluate.hpp"

namespace certes::schema {
namespace {

void flatten_one(const Node& node, Conjunction& out) {
  if (node.json->is_boolean() && node.json->get<bool>()) return;
  pay(node.budget, 1 + out.size() / 16);
  if (std::ranges::any_of(out, [&](const Node& one) { return one.json == node.json; })) return;
  out.push_back(node);
  out.back().flat = true;
  if (node.flat || node.json->is_boolean()) return;
  if (const Json* ref = member(*node.json, "$ref")) {
    const auto& text = ref->get_ref<const std::string&>();
    flatten_one({node.root, resolve(*node.root, text), text.substr(1), node.budget}, out);
  }
  if (const Json* all = member(*node.json, "allOf"))
    for (std::size_t i = 0; i < all->size(); ++i) flatten_one(node.at("allOf", i), out);
}

unsigned bit_of(const std::string& type) {
  static const std::map<std::string_view, unsigned> kBits = {{"null", kNull},
                                                             {"boolean", kBoolean},
                                                             {"object", kObject},
                                                             {"array", kArray},
                                                             {"string", kString},
                                                             {"integer", kInteger},
                                                             {"number", kInteger | kFraction}};
  return kBits.at(type);
}

const Json* of_object(const Node& node, const char* name) {
  return node.json->is_object() ? member(*node.json, name) : nullptr;
}

void narrow(Range& range, const Node& node) {
  const auto low = [&](double bound, bool open) {
    if (bound > range.low || (bound == range.low && open)) range.low = bound, range.low_open = open;
  };
  const auto high = [&](double bound, bool open) {
    if (bound < range.high || (bound == range.high && open)) range.high = bound, range.high_open = open;
  };
  if (const Json* bound = of_object(node, "minimum")) low(bound->get<double>(), false);
  if (const Json* bound = of_object(node, "exclusiveMinimum")) low(bound->get<double>(), true);
  if (const Json* bound = of_object(node, "maximum")) high(bound->get<double>(), false);
  if (const Json* bound = of_object(node, "exclusiveMaximum")) high(bound->get<double>(), true);
}

bool impossible_member(const Conjunction& flat) {
  for (const std::string& name : required_of(flat))
    if (refuses_all(flatten(property_of(flat, name)))) return true;
  return false;
}

}  // namespace

Conjunction flatten(const Conjunction& nodes) {
  Conjunction out;
  for (const Node& node : nodes) flatten_one(node, out);
  return out;
}

void pay(const Conjunction& flat) {
  for (const Node& node : flat)
    if (node.budget != nullptr) return pay(node.budget, flat.size());
}

std::size_t weight(const Json& value) {
  std::size_t steps = 1 + (value.is_string() ? value.get_ref<const std::string&>().size() / 64 : 0);
  if (value.is_array() || value.is_object())
    for (const Json& inner : value) steps += weight(inner);
  return steps;
}

bool refuses_all(const Conjunction& flat) {
  return std::ranges::any_of(flat, [](const Node& node) { return node.json->is_boolean(); });
}

const Json& type_schema(TypeBit type) {
  static const std::map<unsigned, Json> kSchemas = {{kNull, {{"type", "null"}}},      {kBoolean, {{"type", "boolean"}}},
                                                    {kObject, {{"type", "object"}}},  {kArray, {{"type", "array"}}},
                                                    {kString, {{"type", "string"}}},  {kInteger, {{"type", "integer"}}},
                                                    {kFraction, {{"type", "number"}}}};
  return kSchemas.at(type);
}

unsigned type_of(const Json& value) {
  if (value.is_null()) return kNull;
  if (value.is_boolean()) return kBoolean;
  if (value.is_object()) return kObject;
  if (value.is_array()) return kArray;
  if (value.is_string()) return kString;
  if (value.is_number_integer()) return kInteger;
  return std::floor(value.get<double>()) == value.get<double>() ? kInteger : kFraction;
}

unsigned declared_types(const Json& type) {
  if (type.is_string()) return bit_of(type.get_ref<const std::string&>());
  unsigned bits = 0;
  for (const Json& one : type) bits |= bit_of(one.get_ref<const std::string&>());
  return bits;
}

Range range_of(const Conjunction& flat, bool whole) {
  Range range;
  for (const Node& node : flat) narrow(range, node);
  if (!whole) return range;
  const double low = std::ceil(range.low), high = std::floor(range.high);
  range.low = low == range.low && range.low_open ? low + 1 : low;
  range.high = high == range.high && range.high_open ? high - 1 : high;
  range.low_open = range.high_open = false;
  return range;
}

double least(const Conjunction& flat, const char* name) {
  double bound = 0;
  for (const Node& node : flat)
    if (const Json* own = of_object(node, name)) bound = std::max(bound, own->get<double>());
  return bound;
}

double most(const Conjunction& flat, const char* name) {
  double bound = std::numeric_limits<double>::infinity();
  for (const Node& node : flat)
    if (const Json* own = of_object(node, name)) bound = std::min(bound, own->get<double>());
  return bound;
}

unsigned types_of(const Conjunction& flat) {
  pay(flat);
  if (refuses_all(flat)) return 0;
  unsigned bits = kAllTypes;
  for (const Node& node : flat)
    if (const Json* type = of_object(node, "type")) bits &= declared_types(*type);
  if (range_of(flat, true).empty()) bits &= ~kInteger;
  if (range_of(flat, false).empty()) bits &= ~kFraction;
  if (least(flat, "minLength") > most(flat, "maxLength")) bits &= ~kString;
  if (least(flat, "minItems") > most(flat, "maxItems")) bits &= ~kArray;
  if (least(flat, "minProperties") > most(flat, "maxProperties") || impossible_member(flat)) bits &= ~kObject;
  return bits;
}

std::optional<std::vector<Json>> literals_of(const Conjunction& flat) {
  pay(flat);
  const Json* listed = nullptr;
  const Json* single = nullptr;
  for (const Node& node : flat) {
    if (const Json* values = of_object(node, "enum")) listed = values;
    if (const Json* value = of_object(node, "const")) single = value;
  }
  if (listed == nullptr && single == nullptr) return std::nullopt;
  std::vector<Json> values;
  const auto keep = [&](const Json& value) {
    pay(flat.front().budget, weight(value));
    const bool refused =
        std::ranges::any_of(flat, [&](const Node& node) { return evaluate(node, value) == Truth::no; });
    if (!refused) values.push_back(value);
  };
  if (single != nullptr)
    keep(*single);
  else
    for (const Json& value : *listed) keep(value);
  return values;
}

std::set<std::string> required_of(const Conjunction& flat) {
  pay(flat);
  std::set<std::string> names;
  for (const Node& node : flat)
    if (const Json* required = of_object(node, "required")) {
      pay(node.budget, required->size());
      for (const Json& name : *required) names.insert(name.get<std::string>());
    }
  return names;
}

std::set<std::string> named_properties(const Conjunction& flat) {
  pay(flat);
  std::set<std::string> names;
  for (const Node& node : flat)
    if (const Json* properties = of_object(node, "properties")) {
      pay(node.budget, properties->size());
      for (const auto& [name, schema] : properties->items()) names.insert(name);
    }
  return names;
}

Conjunction property_of(const Conjunction& flat, const std::string& name) {
  pay(flat);
  Conjunction found;
  for (const Node& node : flat) {
    const Json* properties = of_object(node, "properties");
    if (properties != nullptr && properties->contains(name))
      found.push_back(node.at("properties", name));
    else if (of_object(node, "additionalProperties") != nullptr)
      found.push_back(node.at("additionalProperties"));
  }
  return found;
}

Conjunction other_property_of(const Conjunction& flat) {
  pay(flat);
  Conjunction found;
  for (const Node& node : flat)
    if (of_object(node, "additionalProperties") != nullptr) found.push_back(node.at("additionalProperties"));
  return found;
}

Items items_of(const Json& schema) {
  Items items;
  if (!schema.is_object()) return items;
  const Json* own = member(schema, "items");
  if (own != nullptr && own->is_array())
    items = {"items", schema.contains("additionalItems") ? "additionalItems" : nullptr, own->size()};
  else if (const Json* prefix = member(schema, "prefixItems"))
    items = {"prefixItems", own != nullptr ? "items" : nullptr, prefix->size()};
  else if (own != nullptr)
    items.rest = "items";
  return items;
}

std::size_t prefix_of(const Conjunction& flat) {
  std::size_t count = 0;
  for (const Node& node : flat) count = std::max(count, items_of(*node.json).count);
  return count;
}

Conjunction item_of(const Conjunction& flat, std::size_t index) {
  pay(flat);
  Conjunction found;
  for (const Node& node : flat) {
    const Items items = items_of(*node.json);
    if (index < items.count)
      found.push_back(node.at(items.prefix, index));
    else if (items.rest != nullptr)
      found.push_back(node.at(items.rest));
  }
  return found;
}

}  // namespace certes::schema
