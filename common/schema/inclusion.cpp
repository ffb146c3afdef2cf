#include "common/schema/inclusion.hpp"

#include <algorithm>
#include <array>

#include "common/schema/evaluate.hpp"

namespace certes::schema {
namespace {

const char* name_of(TypeBit type) {
  switch (type) {
    case kNull: return "null";
    case kBoolean: return "a boolean";
    case kObject: return "an object";
    case kArray: return "an array";
    case kString: return "a string";
    case kInteger: return "a whole number";
    case kFraction: return "a number with a fraction";
  }
  return "";
}

std::string short_text(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

// Branches of which one holds. `not` of an "if" is not relied on.
std::vector<Conjunction> branches_of(const Node& node) {
  std::vector<Conjunction> branches;
  for (const char* name : {"anyOf", "oneOf"})
    if (const Json* list = member(*node.json, name)) {
      for (std::size_t i = 0; i < list->size(); ++i) branches.push_back({node.at(name, i)});
      return branches;
    }
  if (!node.json->contains("if")) return branches;
  branches.push_back({node.at("if")});
  if (node.json->contains("then")) branches.back().push_back(node.at("then"));
  branches.emplace_back();
  if (node.json->contains("else")) branches.back().push_back(node.at("else"));
  return branches;
}

}  // namespace

Gap Inclusion::gap(const Conjunction& flat, const Node& to, std::string why) {
  return {flat.empty() ? std::string() : flat.front().pointer, to.pointer, std::move(why)};
}

Conjunction Inclusion::narrowed(const Case& from) {
  Conjunction flat = from.flat;
  pay(flat);
  Budget* const budget = flat.empty() ? nullptr : flat.front().budget;
  flat.push_back({&type_schema(from.type), &type_schema(from.type), flat.empty() ? "" : flat.front().pointer, budget});
  return flat;
}

struct Inclusion::Deeper {
  explicit Deeper(Inclusion& in) : inclusion(in) { ++inclusion.depth_; }
  ~Deeper() { --inclusion.depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;
  Inclusion& inclusion;
};

bool Inclusion::too_deep() {
  pay(&budget_);
  return depth_ > kMostDepth;
}

MaybeGap Inclusion::find_gap(const Conjunction& from, const Node& to) {
  if (to.json->is_boolean() && to.json->get<bool>()) return std::nullopt;
  const Deeper deeper(*this);
  const Conjunction flat = flatten(from);
  if (too_deep()) return gap(from, to, "goes too deep to be compared");
  std::pair<std::vector<const Json*>, const Json*> claim{{}, to.json};
  for (const Node& node : flat) claim.first.push_back(node.json);
  std::ranges::sort(claim.first);
  const auto [place, fresh] = assumed_.insert(std::move(claim));
  if (!fresh) return std::nullopt;
  auto found = look(flat, to);
  assumed_.erase(place);
  if (found && found->from.empty() && !from.empty()) found->from = from.front().pointer;
  return found;
}

MaybeGap Inclusion::look(const Conjunction& flat, const Node& to) {
  const unsigned types = types_of(flat);
  if (const auto values = literals_of(flat)) return literals(flat, *values, to);
  for (const TypeBit type : kTypeBits) {
    if ((types & type) == 0) continue;
    auto found = of_type(flat, type, to);
    if (found) found = split(narrowed({flat, type}), to, std::move(*found));
    if (found) return found;
  }
  return std::nullopt;
}

MaybeGap Inclusion::literals(const Conjunction& flat, const std::vector<Json>& values, const Node& to) {
  for (const Json& value : values) {
    pay(&budget_);
    const Truth accepted = evaluate(to, value);
    if (accepted == Truth::no) return gap(flat, to, "refuses the value " + short_text(value));
    if (accepted == Truth::unknown) return gap(flat, to, "may refuse the value " + short_text(value));
  }
  return std::nullopt;
}

MaybeGap Inclusion::of_type(const Conjunction& flat, TypeBit type, const Node& to) {
  if (type == kNull) return literals(flat, {Json(nullptr)}, to);
  if (type == kBoolean) return literals(flat, {Json(false), Json(true)}, to);
  for (const Node& one : flatten({to}))
    if (auto found = node({flat, type}, one)) return found;
  return std::nullopt;
}

// Where a branch of anyOf, oneOf or if holds, each of them must be included.
MaybeGap Inclusion::split(const Conjunction& flat, const Node& to, Gap found) {
  for (std::size_t i = 0; i < flat.size(); ++i) {
    const auto branches = branches_of(flat[i]);
    if (branches.empty()) continue;
    for (const Conjunction& branch : branches) {
      pay(flat);
      Conjunction with = flat;
      // The branch stands in for the choice.
      with.erase(with.begin() + static_cast<std::ptrdiff_t>(i));
      const Json& rest = without_choice(*flat[i].json);
      with.push_back({flat[i].root, &rest, flat[i].pointer, &budget_, true});
      with.insert(with.end(), branch.begin(), branch.end());
      if (auto gap_found = find_gap(with, to)) return gap_found;
    }
    return std::nullopt;
  }
  return found;
}

// The schema without the choice that branches_of gives. Kept, for the addresses say what is assumed.
const Json& Inclusion::without_choice(const Json& schema) {
  const auto [found, fresh] = without_choice_.try_emplace(&schema, nullptr);
  if (!fresh) return *found->second;
  pay(&budget_, weight(schema));
  auto rest = std::make_unique<Json>(schema);
  rest->erase("$ref");  // flat already
  rest->erase("allOf");
  if (rest->contains("anyOf"))
    rest->erase("anyOf");
  else if (rest->contains("oneOf"))
    rest->erase("oneOf");
  else
    for (const char* name : {"if", "then", "else"}) rest->erase(name);
  found->second = std::move(rest);
  return *found->second;
}

MaybeGap Inclusion::node(const Case& from, const Node& to) {
  const auto is_same = [&](const Node& one) { return one.json->is_object() && same(one, to); };
  if (std::ranges::any_of(from.flat, is_same)) return std::nullopt;
  if (to.json->is_boolean()) return gap(from.flat, to, std::string("refuses ") + name_of(from.type));
  for (const auto& [name, value] : to.json->items())
    if (auto found = keyword(from, to, name)) return found;
  return std::nullopt;
}

MaybeGap Inclusion::keyword(const Case& from, const Node& to, const std::string& name) {
  const Node at{to.root, &(*to.json)[name], step(to.pointer, name), to.budget};
  if (name == "type") {
    if ((declared_types(*at.json) & from.type) != 0) return std::nullopt;
    return gap(from.flat, at, std::string("refuses ") + name_of(from.type));
  }
  if (name == "enum" || name == "const") return gap(from.flat, at, "accepts only what it lists");
  if (name == "anyOf") return any_of(from, to);
  if (name == "oneOf") return one_of(from, to);
  if (name == "not") return negation(from, to);
  if (name == "if") return condition(from, to);
  const ValueInclusion values(*this, from, to);
  switch (from.type) {
    case kInteger:
    case kFraction: return values.number(name);
    case kString: return values.string(name);
    case kArray: return values.array(name);
    case kObject: return values.object(name);
    default: return std::nullopt;
  }
}

MaybeGap Inclusion::any_of(const Case& from, const Node& to) {
  const Conjunction flat = narrowed(from);
  MaybeGap found;
  const std::size_t count = (*to.json)["anyOf"].size();
  for (std::size_t i = 0; i < count; ++i) {
    found = find_gap(flat, to.at("anyOf", i));
    if (!found) return std::nullopt;
  }
  if (count == 1) return found;
  return gap(from.flat, to.at("anyOf"), "no single branch accepts them all, as far as can be decided");
}

MaybeGap Inclusion::one_of(const Case& from, const Node& to) {
  if (has_same(from.flat, to, "oneOf")) return std::nullopt;
  const Conjunction flat = narrowed(from);
  const std::size_t count = (*to.json)["oneOf"].size();
  for (std::size_t i = 0; i < count; ++i) {
    if (find_gap(flat, to.at("oneOf", i))) continue;
    bool alone = true;
    for (std::size_t j = 0; j < count; ++j) alone = alone && (i == j || disjoint(flat, {to.at("oneOf", j)}));
    if (alone) return std::nullopt;
  }
  return gap(from.flat, to.at("oneOf"), "that exactly one branch accepts them cannot be decided");
}

MaybeGap Inclusion::negation(const Case& from, const Node& to) {
  if (has_same(from.flat, to, "not") || disjoint(narrowed(from), {to.at("not")})) return std::nullopt;
  return gap(from.flat, to.at("not"), "that it refuses none of them cannot be decided");
}

MaybeGap Inclusion::condition(const Case& from, const Node& to) {
  if (same_condition(from.flat, to)) return std::nullopt;
  const Conjunction flat = narrowed(from);
  Conjunction with_if = flat;
  with_if.push_back(to.at("if"));
  const bool never = disjoint(flat, {to.at("if")});
  const bool always = !never && !find_gap(flat, to.at("if"));
  if (!never && to.json->contains("then"))
    if (auto found = find_gap(with_if, to.at("then"))) return found;
  if (!always && to.json->contains("else"))
    if (auto found = find_gap(flat, to.at("else"))) return found;
  return std::nullopt;
}

// No value is accepted by both, surely.
bool Inclusion::disjoint(const Conjunction& a, const Conjunction& b) {
  const Deeper deeper(*this);
  if (too_deep()) return false;
  const Conjunction left = flatten(a), right = flatten(b);
  const auto refused = [](const Conjunction& by, const std::vector<Json>& values) {
    return std::ranges::all_of(values, [&](const Json& value) {
      return std::ranges::any_of(by, [&](const Node& node) { return evaluate(node, value) == Truth::no; });
    });
  };
  if (const auto values = literals_of(left); values && refused(right, *values)) return true;
  if (const auto values = literals_of(right); values && refused(left, *values)) return true;
  Conjunction all = left;
  all.insert(all.end(), right.begin(), right.end());
  const unsigned types = types_of(left) & types_of(right) & types_of(all);
  if (types == 0) return true;
  if (std::ranges::any_of(right, [&](const Node& node) { return disjoint_branches(left, node); })) return true;
  if (types != kObject) return false;
  return std::ranges::any_of(required_of(all), [&](const std::string& name) {
    return disjoint(property_of(left, name), property_of(right, name));
  });
}

bool Inclusion::disjoint_branches(const Conjunction& a, const Node& b) {
  const auto branches = branches_of(b);
  return !branches.empty() &&
         std::ranges::all_of(branches, [&](const Conjunction& branch) { return disjoint(a, branch); });
}

bool Inclusion::has_same(const Conjunction& flat, const Node& to, const char* keyword) {
  return std::ranges::any_of(flat, [&](const Node& node) {
    return node.json->is_object() && node.json->contains(keyword) && same(node.at(keyword), to.at(keyword));
  });
}

bool Inclusion::same_condition(const Conjunction& flat, const Node& to) {
  return std::ranges::any_of(flat, [&](const Node& node) {
    return std::ranges::all_of(std::array{"if", "then", "else"}, [&](const char* part) {
      const bool has = node.json->is_object() && node.json->contains(part);
      return has == to.json->contains(part) && (!has || same(node.at(part), to.at(part)));
    });
  });
}

// The same text, where what is referred to is the same too.
bool Inclusion::same(const Node& a, const Node& b) {
  const Deeper deeper(*this);
  if (too_deep() || a.json->type() != b.json->type()) return false;
  if (a.json->is_string()) pay(&budget_, a.json->get_ref<const std::string&>().size() / 64);
  if (a.json->is_array()) {
    if (a.json->size() != b.json->size()) return false;
    for (std::size_t i = 0; i < a.json->size(); ++i)
      if (!same({a.root, &(*a.json)[i], ""}, {b.root, &(*b.json)[i], ""})) return false;
    return true;
  }
  return a.json->is_object() ? same_members(a, b) : *a.json == *b.json;
}

bool Inclusion::same_members(const Node& a, const Node& b) {
  const auto [place, fresh] = assumed_same_.emplace(a.json, b.json);
  if (!fresh) return true;
  bool equal = a.json->size() == b.json->size();
  for (auto it = a.json->begin(); equal && it != a.json->end(); ++it) {
    const auto other = b.json->find(it.key());
    if (other == b.json->end()) {
      equal = false;
    } else if (it.key() == "$ref" && it->is_string() && other->is_string()) {
      const Json* left = resolve(*a.root, it->get_ref<const std::string&>());
      const Json* right = resolve(*b.root, other->get_ref<const std::string&>());
      equal = left != nullptr && right != nullptr && same({a.root, left, ""}, {b.root, right, ""});
    } else {
      equal = same({a.root, &*it, ""}, {b.root, &*other, ""});
    }
  }
  assumed_same_.erase(place);
  return equal;
}

}  // namespace certes::schema
