#include "common/event/schema_run.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "common/event/json_parts.hpp"
#include "common/schema/formats.hpp"

namespace certes::event {
namespace {

using Program = SchemaProgram;

std::string text_of_number(double number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return {digits, end};
}

std::string names_of(std::uint8_t types) {
  constexpr std::pair<std::uint8_t, const char*> kNames[] = {
      {Program::kNull, "null"},      {Program::kBoolean, "a boolean"}, {Program::kObject, "an object"},
      {Program::kArray, "an array"}, {Program::kString, "a string"},   {Program::kInteger, "a whole number"}};
  std::string names;
  const auto add = [&](const char* name) { names.append(names.empty() ? "" : " or ").append(name); };
  for (const auto& [bit, name] : kNames)
    if ((types & bit) != 0 && (bit != Program::kInteger || (types & Program::kOther) == 0)) add(name);
  if ((types & Program::kOther) != 0) add("a number");
  return names;
}

}  // namespace

std::string SchemaRun::Place::pointer() const {
  std::vector<std::string> tokens;
  std::size_t bytes = 0;
  for (const Place* place = this; place->up != nullptr; place = place->up) {
    tokens.push_back(place->indexed ? "/" + std::to_string(place->index) : pointer_to("", place->name));
    bytes += tokens.back().size();
  }
  std::string pointer;
  pointer.reserve(bytes);
  for (auto token = tokens.rbegin(); token != tokens.rend(); ++token) pointer += *token;
  return pointer;
}

std::size_t SchemaRun::Place::steps() const {
  std::size_t steps = 1;
  for (const Place* place = this; place->up != nullptr; place = place->up) steps += 1 + place->name.size() / 32;
  return steps;
}

std::uint8_t SchemaRun::type_of(const Data& data) {
  using simdjson::dom::element_type;
  if (data.is_name) return Program::kString;
  switch (data.element.type()) {
    case element_type::ARRAY: return Program::kArray;
    case element_type::OBJECT: return Program::kObject;
    case element_type::STRING: return Program::kString;
    case element_type::BOOL: return Program::kBoolean;
    case element_type::NULL_VALUE: return Program::kNull;
    case element_type::DOUBLE: break;
    default: return Program::kInteger;
  }
  const double number = as_double(data.element);
  return std::floor(number) == number ? Program::kInteger : Program::kOther;
}

std::string_view SchemaRun::text_of(const Data& data) {
  return data.is_name ? data.name : std::string_view(data.element);
}

schema::Verdict SchemaRun::run(JsonElement value) {
  const std::size_t before = violations_.size();
  if (auto place = member_twice(value, budget_)) {
    push(std::move(*place), "this member stands there twice");
    return schema::Verdict::breaks;
  }
  if (budget_.exhausted()) return schema::Verdict::exhausted;
  const Place root;
  const bool holds = visit(Program::kRoot, {{value}, root, true});
  std::stable_sort(violations_.begin() + static_cast<std::ptrdiff_t>(before), violations_.end(),
                   [](const Violation& a, const Violation& b) { return a.pointer < b.pointer; });
  if (stop_ == Stop::exhausted) return schema::Verdict::exhausted;
  return holds ? schema::Verdict::holds : schema::Verdict::breaks;
}

bool SchemaRun::spend(std::size_t steps) {
  if (!budget_.spend(steps) && !stopped()) stop_ = Stop::exhausted;
  return !stopped();
}

void SchemaRun::push(std::string pointer, std::string detail) {
  const bool again = std::ranges::any_of(
      violations_, [&](const Violation& one) { return one.pointer == pointer && one.detail == detail; });
  if (!again && violations_.size() < most_) violations_.push_back({std::move(pointer), std::move(detail)});
  if (violations_.size() >= most_ && !stopped()) stop_ = Stop::full;
}

bool SchemaRun::wrong(const Look& look, const std::string& detail) {
  if (look.tell && spend(look.place.steps())) push(look.place.pointer(), detail);
  return false;
}

bool SchemaRun::visit(Id id, const Look& look) {
  if (!spend()) return false;
  if (id == Program::kEverything) return true;
  if (id == Program::kNothing) return wrong(look, "is not allowed here");
  if (depth_ >= kMaxDepth) {
    if (!stopped())
      push(look.place.pointer(), "its schema leads deeper than " + std::to_string(kMaxDepth) + " schemas");
    stop_ = Stop::too_deep;
    return false;
  }
  ++depth_;
  const bool holds = keywords(program_.nodes[id], look);
  --depth_;
  return holds && !stopped();
}

// Of what is told all is looked at, else the first that is wrong decides.
bool SchemaRun::keywords(const Node& node, const Look& look) {
  const std::uint8_t type = type_of(look.data);
  if ((node.types & type) == 0) return wrong(look, "must be " + names_of(node.types));
  bool holds = listed(node, look);
  const auto go_on = [&] { return !stopped() && (holds || look.tell); };
  if (go_on() && node.numbers && (type & (Program::kInteger | Program::kOther)) != 0)
    holds = number(*node.numbers, look) && holds;
  if (go_on() && node.strings && type == Program::kString) holds = text(*node.strings, look) && holds;
  if (go_on() && node.arrays && type == Program::kArray) holds = array(*node.arrays, look) && holds;
  if (go_on() && node.objects && type == Program::kObject) holds = object(*node.objects, look) && holds;
  for (const Id id : node.all)
    if (go_on()) holds = visit(id, look) && holds;
  if (go_on()) holds = branches(node, look) && holds;
  return holds;
}

bool SchemaRun::listed(const Node& node, const Look& look) {
  for (const auto& literals : node.literals)
    if (!is_literal(literals, look.data))
      return wrong(look, literals.single ? "is not the value that the schema says" : "is none of the listed values");
  return true;
}

bool SchemaRun::is_literal(const Program::Literals& literals, const Data& data) {
  const auto hash = data.is_name ? hash_of(data.name, budget_) : hash_of(data.element, budget_);
  auto at = std::ranges::lower_bound(literals.sorted, hash, {}, [](const auto& one) { return one.first; });
  for (; at != literals.sorted.end() && at->first == hash; ++at) {
    const JsonElement literal = at->second;
    if (!spend()) return false;
    if (data.is_name ? literal.is_string() && std::string_view(literal) == data.name
                     : equal(literal, data.element, budget_))
      return true;
  }
  spend(std::bit_width(literals.sorted.size()) / 4);
  return false;
}

bool SchemaRun::branches(const Node& node, const Look& look) {
  if (!node.any.empty()) {
    bool any = false;
    for (const Id id : node.any) {
      if ((any = quietly(id, look)) || stopped()) break;
    }
    if (!any) return wrong(look, "holds by none of the schemas in \"anyOf\"");
  }
  if (!node.one.empty() && !exactly_one(node, look)) return false;
  if (node.negated && (quietly(*node.negated, look) || stopped())) return wrong(look, "holds by the schema in \"not\"");
  return !node.condition || conditional(node, look);
}

bool SchemaRun::exactly_one(const Node& node, const Look& look) {
  std::size_t count = 0;
  for (const Id id : node.one) {
    if (quietly(id, look)) ++count;
    if (count > 1 || stopped()) break;
  }
  if (count == 1) return !stopped();
  return wrong(look, count == 0 ? "holds by none of the schemas in \"oneOf\""
                                : "holds by more than one of the schemas in \"oneOf\"");
}

bool SchemaRun::conditional(const Node& node, const Look& look) {
  const bool condition = quietly(*node.condition, look);
  if (stopped()) return false;
  const auto& next = condition ? node.then : node.otherwise;
  return !next || visit(*next, look);
}

bool SchemaRun::within(const Program::Between& wanted, double count, const char* what, const Look& look) {
  if (count < wanted.least) return wrong(look, "must have at least " + text_of_number(wanted.least) + what);
  return count <= wanted.most || wrong(look, "must have at most " + text_of_number(wanted.most) + what);
}

bool SchemaRun::number(const Program::Numbers& wanted, const Look& look) {
  const double value = as_double(look.data.element);
  const auto bound = [&](const std::optional<double>& at, bool good, const char* how) {
    return !at || good || wrong(look, std::string("must be ") + how + text_of_number(*at));
  };
  bool holds = bound(wanted.minimum, value >= wanted.minimum.value_or(0), "at least ");
  holds = bound(wanted.maximum, value <= wanted.maximum.value_or(0), "at most ") && holds;
  holds = bound(wanted.above, value > wanted.above.value_or(0), "more than ") && holds;
  holds = bound(wanted.below, value < wanted.below.value_or(0), "less than ") && holds;
  if (!wanted.divisor) return holds;
  const auto whole = as_whole(look.data.element);
  const bool divides = whole && wanted.whole_divisor != 0 ? *whole % wanted.whole_divisor == 0
                                                          : schema::is_multiple(value, *wanted.divisor);
  return bound(wanted.divisor, divides, "a multiple of ") && holds;
}

bool SchemaRun::text(const Program::Strings& wanted, const Look& look) {
  const std::string_view value = text_of(look.data);
  if (!spend(value.size() / 64) || !length(wanted, value, look)) return false;
  if (!wanted.format.empty()) {
    if (!spend(value.size() / 8)) return false;
    if (!schema::has_format(wanted.format, value)) return wrong(look, "is no " + wanted.format);
  }
  if (!wanted.pattern) return true;
  if (!spend(wanted.pattern->steps(value.size()))) return false;
  if (wanted.pattern->found_in(value)) return true;
  return look.tell ? wrong(look, "does not match the pattern " + wanted.pattern_text) : false;
}

bool SchemaRun::length(const Program::Strings& wanted, std::string_view value, const Look& look) {
  const auto bytes = static_cast<double>(value.size());
  // A character has one to four bytes: mostly that decides.
  if (std::ceil(bytes / 4) >= wanted.length.least && bytes <= wanted.length.most) return true;
  const auto characters =
      std::ranges::count_if(value, [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; });
  return within(wanted.length, static_cast<double>(characters), " characters", look);
}

}  // namespace certes::event
