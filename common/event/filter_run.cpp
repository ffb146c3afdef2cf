#include "common/event/filter_run.hpp"

namespace certes::event {

using filter::Op;
using ValueKind = FilterValue::Kind;

FilterResult FilterRun::run() {
  const FilterValue said = value(program_.root);
  FilterResult result;
  result.cost = filter::kMaxCost - cost_.left();
  if (cost_.exhausted())
    result.failure = {Why::cost, program_.root};
  else if (said.failed())
    result.failure = said.failure;
  else if (said.kind != ValueKind::boolean)
    result.failure = {Why::no_boolean, program_.root, said.type()};
  else
    return result.says = said.boolean ? FilterResult::Says::yes : FilterResult::Says::no, result;
  result.says = FilterResult::Says::failed;
  return result;
}

FilterValue FilterRun::value(Id id) {
  if (!spend(1)) return failed(Why::cost, id);
  const Node& node = program_.nodes[id];
  switch (node.op) {
    case Op::literal: return literal(node);
    case Op::root: return root(node, id);
    case Op::local: return slots_[node.value];
    case Op::field: return field(node, id);
    case Op::has: return has(node, id);
    case Op::member: return member(node, id);
    case Op::index: return index(node, id);
    case Op::list: return list(node);
    case Op::map: return map(node);
    case Op::all_of: return logical(node, id, false);
    case Op::any_of: return logical(node, id, true);
    case Op::negation: return negation(node, id);
    case Op::minus: return minus(node, id);
    case Op::choice: return choice(node, id);
    default: return computed(node, id);
  }
}

FilterValue FilterRun::computed(const Node& node, Id id) {
  switch (node.op) {
    case Op::size: return size(node, id);
    case Op::matches: return matches(node, id);
    case Op::every: return quantified(node, id, false);
    case Op::some: return quantified(node, id, true);
    case Op::one: return exactly_one(node, id);
    case Op::item: return each_or_itself(node, id);
    case Op::holds: return holds(node);
    case Op::present: {
      const FilterValue of = value(node.kids[0]);
      return of.failed() ? of : FilterValue(of.kind != ValueKind::missing);
    }
    default: return binary(node, id);
  }
}

FilterValue FilterRun::literal(const Node& node) const {
  const filter::Literal& literal = program_.literals[node.value];
  switch (literal.index()) {
    case 1: return FilterValue(*std::get_if<bool>(&literal));
    case 2: return FilterValue(*std::get_if<std::int64_t>(&literal));
    case 3: return FilterValue(*std::get_if<double>(&literal));
    case 4: return FilterValue(std::string_view(*std::get_if<std::string>(&literal)));
    default: return FilterValue(ValueKind::null);
  }
}

// Objects of operators take what is not there for missing, expressions fail.
FilterValue FilterRun::root(const Node& node, Id id) {
  FilterValue of;
  switch (static_cast<filter::Root>(node.value)) {
    case filter::Root::data: of = event_.data(); break;
    case filter::Root::event: of = event_.event(); break;
    case filter::Root::headers: return event_.headers();
    case filter::Root::query: return event_.query();
  }
  if (of.failed()) of.failure.node = id;
  if (of.kind == ValueKind::missing && program_.pointers.empty()) return failed(Why::no_data, id);
  return of;
}

FilterValue FilterRun::named(const FilterValue& map, std::string_view name, Id id) {
  if (!spend(1 + count_of(map) / 8)) return failed(Why::cost, id);
  FilterValue found = member_of(map, name);
  if (found.failed()) found.failure.node = id;
  return found;
}

namespace {

bool is_event(const filter::Program::Node& node) {
  return node.op == Op::root && static_cast<filter::Root>(node.value) == filter::Root::event;
}

}  // namespace

// Missing: it is not there. An attribute alone does not need the payload.
FilterValue FilterRun::member(const Node& node, Id id) {
  const Id of = node.kids[0];
  if (is_event(program_.nodes[of])) {
    FilterValue found = event_.attribute(name_of(node));
    if (found.failed()) found.failure.node = id;
    return found;
  }
  const FilterValue map = value(of);
  if (map.failed()) return map;
  return map.is_map() ? named(map, name_of(node), id) : FilterValue();
}

FilterValue FilterRun::field(const Node& node, Id id) {
  const Id of = node.kids[0];
  if (!is_event(program_.nodes[of])) {
    const FilterValue map = value(of);
    if (map.failed()) return map;
    if (!map.is_map()) return wrong(id, map);
    const FilterValue found = named(map, name_of(node), id);
    return found.kind == ValueKind::missing ? failed(Why::no_member, id) : found;
  }
  const FilterValue found = member(node, id);
  return found.kind == ValueKind::missing ? failed(Why::no_member, id) : found;
}

// What is no list has no members, as in cel-go; a list is asked for by mistake.
FilterValue FilterRun::has(const Node& node, Id id) {
  const FilterValue found = field(node, id);
  if (!found.failed()) return FilterValue(true);
  const bool is_of_this = found.failure.node == id && found.failure.left != filter::Type::list;
  const bool is_absent = found.failure.why == Why::no_member || found.failure.why == Why::wrong_type;
  return is_of_this && is_absent ? FilterValue(false) : found;
}

FilterValue FilterRun::index(const Node& node, Id id) {
  const FilterValue of = value(node.kids[0]);
  if (of.failed()) return of;
  const FilterValue at = value(node.kids[1]);
  if (at.failed()) return at;
  if (of.is_list()) return item(of, at, id);
  if (!of.is_map() || at.kind != ValueKind::text) return wrong(id, of, at);
  const FilterValue found = named(of, at.view(), id);
  return found.kind == ValueKind::missing ? failed(Why::no_item, id) : found;
}

FilterValue FilterRun::item(const FilterValue& list, const FilterValue& at, Id id) {
  std::int64_t wanted = at.integer;
  if (at.kind == ValueKind::real && at.real >= -0x1p53 && at.real <= 0x1p53)
    wanted = static_cast<std::int64_t>(at.real);
  const bool whole =
      at.kind == ValueKind::integer || (at.kind == ValueKind::real && static_cast<double>(wanted) == at.real);
  if (!whole) return wrong(id, list, at);
  if (wanted < 0 || static_cast<std::size_t>(wanted) >= count_of(list)) return failed(Why::no_item, id);
  if (list.kind == ValueKind::list) return list.items.first[wanted];
  if (!spend(static_cast<std::size_t>(wanted) / 8)) return failed(Why::cost, id);
  FilterValue found;
  std::int64_t left = wanted;
  each_item_of(list, [&](const FilterValue& one) {
    if (left == 0) found = one;
    return left-- > 0;
  });
  return found;
}

FilterValue FilterRun::list(const Node& node) {
  auto* const items = allocated<FilterValue>(node.kids.size());
  for (std::size_t i = 0; i < node.kids.size(); ++i) {
    new (items + i) FilterValue(value(node.kids[i]));
    if (items[i].failed()) return items[i];
  }
  return FilterValue(FilterValue::Items{items, node.kids.size()});
}

FilterValue FilterRun::map(const Node& node) {
  const std::size_t count = node.kids.size() / 2;
  auto* const entries = allocated<FilterEntry>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const FilterValue name = value(node.kids[2 * i]);
    new (entries + i) FilterEntry{name.view(), value(node.kids[2 * i + 1])};
    if (entries[i].value.failed()) return entries[i].value;
  }
  return FilterValue(FilterValue::Entries{entries, count});
}

FilterValue FilterRun::size(const Node& node, Id id) {
  const FilterValue of = value(node.kids[0]);
  if (of.failed()) return of;
  if (of.is_list() || of.is_map()) return FilterValue(static_cast<std::int64_t>(count_of(of)));
  if (of.kind != ValueKind::text) return wrong(id, of);
  if (!spend(of.text.size / 32)) return failed(Why::cost, id);
  std::int64_t characters = 0;
  for (const char c : of.view()) characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return FilterValue(characters);
}

FilterValue FilterRun::matches(const Node& node, Id id) {
  const FilterValue text = value(node.kids[0]);
  if (text.failed()) return text;
  if (text.kind != ValueKind::text) return wrong(id, text, FilterValue(std::string_view()));
  const schema::Pattern& pattern = program_.patterns[node.value];
  if (!spend(pattern.steps(text.text.size))) return failed(Why::cost, id);
  return FilterValue(pattern.found_in(text.view()));
}

}  // namespace certes::event
