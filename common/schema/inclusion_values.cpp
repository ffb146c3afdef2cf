#include <algorithm>
#include <cmath>

#include "common/schema/evaluate.hpp"
#include "common/schema/formats.hpp"
#include "common/schema/inclusion.hpp"

namespace certes::schema {
namespace {

std::string text_of(double number) {
  if (std::isinf(number)) return "no bound";
  return std::floor(number) == number && std::fabs(number) < 1e15 ? std::to_string(static_cast<std::int64_t>(number))
                                                                  : Json(number).dump();
}

bool is(const std::string& name, std::initializer_list<const char*> names) {
  return std::ranges::any_of(names, [&](const char* one) { return name == one; });
}

}  // namespace

MaybeGap ValueInclusion::no(const std::string& name, std::string why) const {
  return Gap{flat_.empty() ? std::string() : flat_.front().pointer, step(to_.pointer, name), std::move(why)};
}

MaybeGap ValueInclusion::number(const std::string& name) const {
  if (is(name, {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})) return bound(name);
  if (name != "multipleOf") return std::nullopt;
  const double divisor = (*to_.json)[name].get<double>();
  if (type_ == kInteger && is_multiple(1, divisor)) return std::nullopt;
  for (const Node& node : flat_)
    if (const Json* own = node.json->is_object() ? member(*node.json, "multipleOf") : nullptr)
      if (is_multiple(own->get<double>(), divisor)) return std::nullopt;
  return no(name, "refuses what is no multiple of " + text_of(divisor));
}

MaybeGap ValueInclusion::bound(const std::string& name) const {
  const double wanted = (*to_.json)[name].get<double>();
  const Range range = range_of(flat_, type_ == kInteger);
  bool good = false;
  if (name == "minimum") good = range.low >= wanted;
  if (name == "exclusiveMinimum") good = range.low > wanted || (range.low == wanted && range.low_open);
  if (name == "maximum") good = range.high <= wanted;
  if (name == "exclusiveMaximum") good = range.high < wanted || (range.high == wanted && range.high_open);
  if (good) return std::nullopt;
  const bool low = name == "minimum" || name == "exclusiveMinimum";
  return no(name, text_of(wanted) + " is narrower than " + text_of(low ? range.low : range.high));
}

MaybeGap ValueInclusion::count(const std::string& name, double least, double most) const {
  const double wanted = (*to_.json)[name].get<double>();
  const bool min = name.starts_with("min");
  if (min ? least >= wanted : most <= wanted) return std::nullopt;
  return no(name, text_of(wanted) + " is narrower than " + text_of(min ? least : most));
}

// A keyword that one of the others has word for word.
MaybeGap ValueInclusion::listed(const std::string& name) const {
  const Json& wanted = (*to_.json)[name];
  for (const Node& node : flat_)
    if (const Json* own = node.json->is_object() ? member(*node.json, name.c_str()) : nullptr)
      if (*own == wanted) return std::nullopt;
  return no(name, "that all are as " + wanted.dump() + " says cannot be decided");
}

MaybeGap ValueInclusion::string(const std::string& name) const {
  if (is(name, {"minLength", "maxLength"})) return count(name, least(flat_, "minLength"), most(flat_, "maxLength"));
  if (is(name, {"pattern", "format"})) return listed(name);
  return std::nullopt;
}

MaybeGap ValueInclusion::array(const std::string& name) const {
  const double most_items = most(flat_, "maxItems");
  if (is(name, {"minItems", "maxItems"})) return count(name, least(flat_, "minItems"), most_items);
  if (is(name, {"items", "prefixItems", "additionalItems"})) return items();
  if (name == "contains") return contains();
  if (name != "uniqueItems" || !(*to_.json)[name].get<bool>() || most_items <= 1) return std::nullopt;
  return listed(name);
}

MaybeGap ValueInclusion::items() const {
  const std::size_t prefix = std::max(prefix_of(flat_), items_of(*to_.json).count);
  const double most_items = most(flat_, "maxItems");
  for (std::size_t i = 0; i <= prefix && static_cast<double>(i) < most_items; ++i) {
    const Conjunction from = item_of(flat_, i);
    if (refuses_all(flatten(from))) return std::nullopt;  // no array is so long
    for (const Node& wanted : item_of({to_}, i))
      if (auto found = inclusion_.find_gap(from, wanted)) return found;
  }
  return std::nullopt;
}

MaybeGap ValueInclusion::contains() const {
  if (inclusion_.has_same(flat_, to_, "contains")) return std::nullopt;
  const Node wanted = to_.at("contains");
  if (least(flat_, "minItems") >= 1 && !inclusion_.find_gap(item_of(flat_, 0), wanted)) return std::nullopt;
  for (const Node& node : flat_)
    if (node.json->is_object() && node.json->contains("contains") &&
        !inclusion_.find_gap({node.at("contains")}, wanted))
      return std::nullopt;
  return no("contains", "that each has such an item cannot be decided");
}

MaybeGap ValueInclusion::object(const std::string& name) const {
  if (is(name, {"minProperties", "maxProperties"})) {
    const bool closed = refuses_all(flatten(other_property_of(flat_)));
    const double named = closed ? static_cast<double>(named_properties(flat_).size()) : 1e300;
    return count(name, std::max(least(flat_, "minProperties"), static_cast<double>(required_of(flat_).size())),
                 std::min(most(flat_, "maxProperties"), named));
  }
  if (name == "required") return required();
  if (name == "properties") return properties();
  if (name == "additionalProperties") return additional();
  if (name == "propertyNames") return names();
  if (is(name, {"dependentRequired", "dependentSchemas", "dependencies"})) return dependencies(name);
  return std::nullopt;
}

MaybeGap ValueInclusion::required() const {
  const auto there = required_of(flat_);
  for (const Json& name : (*to_.json)["required"])
    if (!there.contains(name.get<std::string>())) return no("required", "requires " + name.dump());
  return std::nullopt;
}

MaybeGap ValueInclusion::properties() const {
  for (const auto& [name, schema] : (*to_.json)["properties"].items())
    if (auto found = inclusion_.find_gap(property_of(flat_, name), to_.at("properties", name))) return found;
  return std::nullopt;
}

MaybeGap ValueInclusion::additional() const {
  const Node wanted = to_.at("additionalProperties");
  const Json* own = member(*to_.json, "properties");
  for (const std::string& name : named_properties(flat_)) {
    if (own != nullptr && own->contains(name)) continue;
    if (auto found = inclusion_.find_gap(property_of(flat_, name), wanted)) {
      found->why = "the property \"" + name + "\": " + found->why;
      return found;
    }
  }
  return inclusion_.find_gap(other_property_of(flat_), wanted);
}

MaybeGap ValueInclusion::names() const {
  const Node wanted = to_.at("propertyNames");
  if (inclusion_.has_same(flat_, to_, "propertyNames")) return std::nullopt;
  Conjunction named;
  for (const Node& node : flat_)
    if (node.json->is_object() && node.json->contains("propertyNames")) named.push_back(node.at("propertyNames"));
  if (!named.empty()) {
    named.push_back({&type_schema(kString), &type_schema(kString), named.front().pointer, named.front().budget});
    if (!inclusion_.find_gap(named, wanted)) return std::nullopt;
  }
  if (!refuses_all(flatten(other_property_of(flat_))))
    return no("propertyNames", "that all names are as it says cannot be decided");
  for (const std::string& name : named_properties(flat_))
    if (evaluate(wanted, Json(name)) != Truth::yes && !refuses_all(flatten(property_of(flat_, name))))
      return no("propertyNames", "refuses the name \"" + name + "\"");
  return std::nullopt;
}

MaybeGap ValueInclusion::dependencies(const std::string& name) const {
  for (const auto& [property, wanted] : (*to_.json)[name].items()) {
    if (refuses_all(flatten(property_of(flat_, property)))) continue;  // never there
    if (auto found = dependency(name, property)) return found;
  }
  return std::nullopt;
}

MaybeGap ValueInclusion::dependency(const std::string& keyword, const std::string& property) const {
  const Json& wanted = (*to_.json)[keyword][property];
  for (const Node& node : flat_)
    for (const char* own : {"dependentRequired", "dependentSchemas", "dependencies"})
      if (const Json* map = node.json->is_object() ? member(*node.json, own) : nullptr)
        if (map->contains(property) && inclusion_.same(node.at(own, property), to_.at(keyword.c_str(), property)))
          return std::nullopt;
  if (!wanted.is_array()) return inclusion_.find_gap(flat_, to_.at(keyword.c_str(), property));
  const auto there = required_of(flat_);
  for (const Json& name : wanted)
    if (!there.contains(name.get<std::string>()))
      return no(keyword, "requires " + name.dump() + " beside \"" + property + "\"");
  return std::nullopt;
}

}  // namespace certes::schema
