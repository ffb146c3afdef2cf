#include "common/filter/builder.hpp"

#include <algorithm>
#include <array>

#include "common/filter/limits.hpp"
#include "common/filter/types.hpp"

namespace certes::filter {
namespace {

constexpr std::array<std::string_view, 4> kRoots = {"data", "event", "headers", "query"};
// What CEL keeps for itself.
constexpr std::array<std::string_view, 19> kReserved = {
    "as",   "break",   "const",  "continue",  "else", "for",  "function", "if",   "import", "let",
    "loop", "package", "return", "namespace", "var",  "void", "while",    "true", "false"};
// Attributes of events whose names CloudEvents would not let an extension have, or that are always texts.
constexpr std::array<std::string_view, 7> kAttributes = {"id",   "type",   "source",       "subject",
                                                         "time", "tenant", "partition_key"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_extension_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

}  // namespace

void Builder::refuse(Place at, std::string why) {
  if (!refusal_) refusal_ = Refusal{at, std::move(why)};
}

Builder::Id Builder::add(Op op, Type type, Place at, std::vector<Id> kids, std::uint32_t value) {
  std::size_t depth = 0;
  for (const Id kid : kids) depth = std::max<std::size_t>(depth, program_.nodes[kid].depth);
  if (++depth > kMaxDepth) refuse(at, "nested deeper than " + std::to_string(kMaxDepth));
  if (program_.nodes.size() == kMaxNodes)
    refuse(at, "more than " + std::to_string(kMaxNodes) + " values and operators");
  if (refusal_ && !program_.nodes.empty()) return 0;
  program_.nodes.push_back({op, type, static_cast<std::uint16_t>(depth), at, value, std::move(kids)});
  return static_cast<Id>(program_.nodes.size() - 1);
}

Builder::Id Builder::literal(Literal value, Place at) {
  const Type type = type_of(value);
  program_.literals.push_back(std::move(value));
  return add(Op::literal, type, at, {}, static_cast<std::uint32_t>(program_.literals.size() - 1));
}

const std::string* Builder::text_of(Id id) const {
  const Program::Node& node = program_.nodes[id];
  return node.op == Op::literal ? std::get_if<std::string>(&program_.literals[node.value]) : nullptr;
}

Builder::Id Builder::root(Root root, Place at) {
  return add(Op::root, root == Root::data ? Type::any : Type::map, at, {}, static_cast<std::uint32_t>(root));
}

Builder::Id Builder::name(std::string_view name, Place at) {
  for (auto known = variables_.rbegin(); known != variables_.rend(); ++known)
    if (known->name == name) return add(Op::local, Type::any, at, {}, known->slot);
  const auto found = std::find(kRoots.begin(), kRoots.end(), name);
  if (found != kRoots.end()) return root(static_cast<Root>(found - kRoots.begin()), at);
  if (among(kReserved, name))
    refuse(at, quoted(name) + " is a word that CEL keeps for itself");
  else
    refuse(at, "there is no " + quoted(name) + ", only data, event, headers and query" +
                   (among(kAttributes, name) ? "; did you mean event." + std::string(name) + "?"
                                             : "; did you mean data." + std::string(name) + "?"));
  return nothing(at);
}

std::uint32_t Builder::name_number(std::string_view name) {
  auto& names = program_.names;
  const auto number = static_cast<std::uint32_t>(std::find(names.begin(), names.end(), name) - names.begin());
  if (number == names.size()) names.emplace_back(name);
  return number;
}

// Names that no event's attribute, and no header, can have.
void Builder::check_root_member(Id of, std::string_view name, Place at) {
  const Program::Node& node = program_.nodes[of];
  if (node.op != Op::root) return;
  const auto root = static_cast<Root>(node.value);
  if (root == Root::event && !among(kAttributes, name) && !is_extension_name(name))
    refuse(at, "no event has " + quoted(name) +
                   ": attributes are id, type, source, subject, time, tenant, "
                   "partition_key, and extensions of small letters and digits");
  if (root == Root::headers && std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
    refuse(at, "the names of headers are in small letters here, not " + quoted(name));
}

Type Builder::member_type(Id of, std::string_view name) const {
  const Program::Node& node = program_.nodes[of];
  if (node.op != Op::root || static_cast<Root>(node.value) == Root::data) return Type::any;
  return static_cast<Root>(node.value) == Root::event && name == "data" ? Type::any : Type::text;
}

Builder::Id Builder::field(Id of, std::string_view name, Place at) {
  if (type(of) != Type::any && type(of) != Type::map) refuse(at, std::string(to_string(type(of))) + " has no members");
  check_root_member(of, name, at);
  return add(Op::field, member_type(of, name), at, {of}, name_number(name));
}

Builder::Id Builder::index(Id of, Id at_index, Place at) {
  if (type(of) != Type::any && type(of) != Type::map && type(of) != Type::list)
    refuse(at, std::string(to_string(type(of))) + " has no members and no items");
  const std::string* const name = text_of(at_index);
  if (name != nullptr) check_root_member(of, *name, at);
  return add(Op::index, name ? member_type(of, *name) : Type::any, at, {of, at_index});
}

Builder::Id Builder::member(Id of, std::string_view name, Place at) {
  check_root_member(of, name, at);
  return add(Op::member, Type::any, at, {of}, name_number(name));
}

Builder::Id Builder::has(Id field, Place at) {
  Program::Node& node = program_.nodes[field];
  if (node.op != Op::field) {
    refuse(at, "\"has\" takes a member, as in has(data.total)");
    return field;
  }
  node.op = Op::has;
  node.type = Type::boolean;
  return field;
}

Builder::Id Builder::list(std::vector<Id> items, Place at) { return add(Op::list, Type::list, at, std::move(items)); }

Builder::Id Builder::map(std::vector<Id> names_and_values, Place at) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < names_and_values.size(); i += 2) {
    const std::string* const name = text_of(names_and_values[i]);
    if (name == nullptr)
      refuse(node(names_and_values[i]).place, "the names in a map are texts in quotes");
    else if (std::find(names.begin(), names.end(), *name) != names.end())
      refuse(node(names_and_values[i]).place, quoted(*name) + " stands twice in the map");
    else
      names.emplace_back(*name);
  }
  return add(Op::map, Type::map, at, std::move(names_and_values));
}

void Builder::check_boolean(Id operand, std::string_view what, Place at) {
  if (type(operand) != Type::boolean && type(operand) != Type::any)
    refuse(at, quoted(what) + " takes true or false, not " + std::string(to_string(type(operand))));
}

Builder::Id Builder::unary(Op op, Id operand, Place at) {
  Type result = Type::boolean;
  if (op == Op::negation)
    check_boolean(operand, "!", at);
  else if (op == Op::minus) {
    result = type(operand);
    if (result != Type::any && !is_number(result))
      refuse(at, "\"-\" takes a number, not " + std::string(to_string(result)));
  }
  return add(op, result, at, {operand});
}

Builder::Id Builder::binary(Op op, Id left, Id right, Place at) {
  if (op == Op::all_of || op == Op::any_of) {
    for (const Id operand : {left, right}) check_boolean(operand, symbol(op), at);
    Program::Node& before = program_.nodes[left];
    if (before.op != op || refusal_) return add(op, Type::boolean, at, {left, right});
    before.kids.push_back(right);
    before.depth = std::max<std::uint16_t>(before.depth, static_cast<std::uint16_t>(node(right).depth + 1));
    if (before.depth > kMaxDepth) refuse(at, "nested deeper than " + std::to_string(kMaxDepth));
    return left;
  }
  const auto result = result_of(op, type(left), type(right));
  if (!result)
    refuse(at, quoted(symbol(op)) + " does not take " + std::string(to_string(type(left))) + " and " +
                   std::string(to_string(type(right))));
  return add(op, result.value_or(Type::any), at, {left, right});
}

Builder::Id Builder::choice(Id condition, Id then, Id otherwise, Place at) {
  check_boolean(condition, "?", at);
  return add(Op::choice, type(then) == type(otherwise) ? type(then) : Type::any, at, {condition, then, otherwise});
}

void Builder::open(std::string_view variable, Place at) {
  if (among(kReserved, variable)) refuse(at, quoted(variable) + " is a word that CEL keeps for itself");
  open_unnamed();
  variables_.back().name = variable;
}

std::uint32_t Builder::open_unnamed() {
  const auto slot = static_cast<std::uint32_t>(variables_.size());
  variables_.push_back({"", slot});
  program_.slots = std::max(program_.slots, slot + 1);
  return slot;
}

Builder::Id Builder::close(Op op, Id range, Id condition, Place at) {
  const std::uint32_t slot = variables_.back().slot;
  variables_.pop_back();
  if (op != Op::item && type(range) != Type::any && type(range) != Type::list && type(range) != Type::map)
    refuse(at, "only lists and maps are gone through, not " + std::string(to_string(type(range))));
  if (type(condition) != Type::any && type(condition) != Type::boolean)
    refuse(at, "the condition gives " + std::string(to_string(type(condition))) + ", not true or false");
  return add(op, Type::boolean, at, {range, condition}, slot);
}

Program Builder::finish(Id root) {
  program_.root = root;
  return std::move(program_);
}

}  // namespace certes::filter
