#include "common/schema/evaluate.hpp"

#include <algorithm>
#include <cmath>

#include "common/schema/formats.hpp"
#include "common/schema/patterns.hpp"

namespace certes::schema {
namespace {

constexpr int kMostSteps = 5'000, kMostDepth = 300;

// Of one evaluation, beside the budget of the comparison that asks for it.
struct Effort {
  int steps = kMostSteps;
  int depth = 0;
};

Truth evaluate(const Node& node, const Json& value, Effort& left);

Truth truth(bool yes) { return yes ? Truth::yes : Truth::no; }
Truth both(Truth a, Truth b) { return std::min(a, b); }
Truth either(Truth a, Truth b) { return std::max(a, b); }
Truth negated(Truth a) { return a == Truth::yes ? Truth::no : a == Truth::no ? Truth::yes : Truth::unknown; }

double characters(const std::string& text) {
  return static_cast<double>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

bool within(const Node& node, const char* min, const char* max, double value) {
  return least({node}, min) <= value && value <= most({node}, max);
}

Truth of_string(const Node& node, const std::string& text) {
  if (!within(node, "minLength", "maxLength", characters(text))) return Truth::no;
  if (const Json* format = member(*node.json, "format"))
    if (!has_format(format->get_ref<const std::string&>(), text)) return Truth::no;
  const Json* pattern = member(*node.json, "pattern");
  if (pattern == nullptr) return Truth::yes;
  pay(node.budget, pattern->get_ref<const std::string&>().size());
  const auto compiled = Pattern::make(pattern->get_ref<const std::string&>());
  if (compiled) pay(node.budget, compiled->instructions() / 4 + compiled->steps(text.size()));
  return compiled ? truth(compiled->found_in(text)) : Truth::unknown;
}

// Exact where both are whole, as events are held to it (common/event/schema_run).
bool divides(const Json& divisor, const Json& value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const double by = divisor.get<double>();
  const bool whole = std::floor(by) == by && std::fabs(by) < kExact && by != 0;
  const bool fits =
      value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
  return whole && fits ? value.get<std::int64_t>() % static_cast<std::int64_t>(by) == 0
                       : is_multiple(value.get<double>(), by);
}

Truth of_number(const Node& node, const Json& number) {
  const double value = number.get<double>();
  const Range range = range_of({node}, false);
  if (value < range.low || value > range.high) return Truth::no;
  if ((value == range.low && range.low_open) || (value == range.high && range.high_open)) return Truth::no;
  const Json* divisor = member(*node.json, "multipleOf");
  return truth(divisor == nullptr || divides(*divisor, number));
}

Truth all_differ(const Node& node, const Json& value) {
  pay(node.budget, 16 * weight(value));  // each is compared with as many as a sorted set of a schema's size needs
  return truth(std::set<Json>(value.begin(), value.end()).size() == value.size());
}

Truth of_array(const Node& node, const Json& value, Effort& left) {
  if (!within(node, "minItems", "maxItems", static_cast<double>(value.size()))) return Truth::no;
  Truth all = Truth::yes;
  for (std::size_t i = 0; i < value.size(); ++i)
    for (const Node& item : item_of({node}, i)) all = both(all, evaluate(item, value[i], left));
  if (const Json* unique = member(*node.json, "uniqueItems"); unique != nullptr && unique->get<bool>())
    all = both(all, all_differ(node, value));
  if (node.json->contains("contains")) {
    Truth any = Truth::no;
    for (const Json& item : value) any = either(any, evaluate(node.at("contains"), item, left));
    all = both(all, any);
  }
  return all;
}

Truth dependency(const Node& node, const char* keyword, const std::string& name, const Json& value, Effort& left) {
  const Json& wanted = (*node.json)[keyword][name];
  if (!wanted.is_array()) return evaluate(node.at(keyword, name), value, left);
  return truth(std::ranges::all_of(wanted, [&](const Json& one) { return value.contains(one.get<std::string>()); }));
}

Truth of_object(const Node& node, const Json& value, Effort& left) {
  if (!within(node, "minProperties", "maxProperties", static_cast<double>(value.size()))) return Truth::no;
  for (const std::string& name : required_of({node}))
    if (!value.contains(name)) return Truth::no;
  Truth all = Truth::yes;
  for (const auto& [name, inner] : value.items()) {
    for (const Node& property : property_of({node}, name)) all = both(all, evaluate(property, inner, left));
    if (node.json->contains("propertyNames")) all = both(all, evaluate(node.at("propertyNames"), Json(name), left));
    for (const char* keyword : {"dependentRequired", "dependentSchemas", "dependencies"})
      if (const Json* map = member(*node.json, keyword); map != nullptr && map->contains(name))
        all = both(all, dependency(node, keyword, name, value, left));
  }
  return all;
}

Truth of_branches(const Node& node, const Json& value, Effort& left) {
  const Json& schema = *node.json;
  Truth all = Truth::yes;
  if (const Json* branches = member(schema, "anyOf")) {
    Truth any = Truth::no;
    for (std::size_t i = 0; i < branches->size(); ++i) any = either(any, evaluate(node.at("anyOf", i), value, left));
    all = both(all, any);
  }
  if (const Json* branches = member(schema, "oneOf")) {
    std::size_t count[3] = {};
    for (std::size_t i = 0; i < branches->size(); ++i)
      ++count[static_cast<std::size_t>(evaluate(node.at("oneOf", i), value, left))];
    const std::size_t yes = count[2], unknown = count[1];
    if (yes > 1 || yes + unknown == 0) return Truth::no;
    all = both(all, unknown == 0 ? Truth::yes : Truth::unknown);
  }
  if (schema.contains("not")) all = both(all, negated(evaluate(node.at("not"), value, left)));
  if (schema.contains("if")) {
    const Truth condition = evaluate(node.at("if"), value, left);
    const Truth then = schema.contains("then") ? evaluate(node.at("then"), value, left) : Truth::yes;
    const Truth other = schema.contains("else") ? evaluate(node.at("else"), value, left) : Truth::yes;
    all = both(all, condition == Truth::yes  ? then
                    : condition == Truth::no ? other
                    : then == other          ? then
                                             : Truth::unknown);
  }
  return all;
}

Truth evaluate_flat(const Node& node, const Json& value, Effort& left) {
  const Json& schema = *node.json;
  if (schema.is_boolean()) return truth(schema.get<bool>());
  const unsigned type = type_of(value);
  if (const Json* types = member(schema, "type"))
    if ((declared_types(*types) & type) == 0) return Truth::no;
  if (const Json* values = member(schema, "enum")) pay(node.budget, values->size() + weight(value));
  if (const Json* one = member(schema, "const"); one != nullptr && *one != value) return Truth::no;
  if (const Json* values = member(schema, "enum"); values != nullptr && std::ranges::count(*values, value) == 0)
    return Truth::no;
  Truth all = of_branches(node, value, left);
  if (type == kString) all = both(all, of_string(node, value.get_ref<const std::string&>()));
  if ((type & (kInteger | kFraction)) != 0) all = both(all, of_number(node, value));
  if (type == kArray) all = both(all, of_array(node, value, left));
  if (type == kObject) all = both(all, of_object(node, value, left));
  return all;
}

Truth evaluate(const Node& node, const Json& value, Effort& left) {
  if (left.depth >= kMostDepth) return Truth::unknown;
  ++left.depth;
  Truth all = Truth::yes;
  for (const Node& one : flatten({node})) {
    pay(one.budget);
    all = --left.steps < 0 ? both(all, Truth::unknown) : both(all, evaluate_flat(one, value, left));
    if (left.steps < 0) break;
  }
  --left.depth;
  return all;
}

}  // namespace

Truth evaluate(const Node& node, const Json& value) {
  Effort left;
  return evaluate(node, value, left);
}

}  // namespace certes::schema
