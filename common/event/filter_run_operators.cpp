// Operators: logical ones, which take what fails as CEL does, comparisons and arithmetic.
#include <cmath>
#include <cstring>

#include "common/event/filter_run.hpp"

namespace certes::event {

using filter::Op;
using ValueKind = FilterValue::Kind;

// && and ||: what one of them decides is decided, whatever fails beside it.
FilterValue FilterRun::logical(const Node& node, Id id, bool absorbing) {
  FilterValue undecided(!absorbing);
  for (const Id kid : node.kids) {
    const FilterValue said = value(kid);
    if (said.is(absorbing)) return said;
    if (undecided.failed() || said.kind == ValueKind::boolean) continue;
    undecided = said.failed() ? said : wrong(id, said);
  }
  return undecided;
}

FilterValue FilterRun::negation(const Node& node, Id id) {
  const FilterValue of = value(node.kids[0]);
  if (of.failed()) return of;
  return of.kind == ValueKind::boolean ? FilterValue(!of.boolean) : wrong(id, of);
}

FilterValue FilterRun::minus(const Node& node, Id id) {
  const FilterValue of = value(node.kids[0]);
  if (of.failed()) return of;
  if (of.kind == ValueKind::real) return FilterValue(-of.real);
  if (of.kind != ValueKind::integer) return wrong(id, of);
  return of_ints(Op::difference, 0, of.integer, id);
}

FilterValue FilterRun::choice(const Node& node, Id id) {
  const FilterValue condition = value(node.kids[0]);
  if (condition.failed()) return condition;
  if (condition.kind != ValueKind::boolean) return wrong(id, condition);
  return value(node.kids[condition.boolean ? 1 : 2]);
}

FilterValue FilterRun::binary(const Node& node, Id id) {
  const FilterValue left = value(node.kids[0]);
  if (left.failed()) return left;
  const FilterValue right = value(node.kids[1]);
  if (right.failed()) return right;
  switch (node.op) {
    case Op::equal: return FilterValue(equal_values(left, right, cost_));
    case Op::unequal: return FilterValue(!equal_values(left, right, cost_));
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal: return ordered(node.op, left, right, id);
    case Op::in: return in(left, right, id);
    case Op::starts_with:
    case Op::ends_with:
    case Op::contains: return texts(node.op, left, right, id);
    default: return arithmetic(node.op, left, right, id);
  }
}

FilterValue FilterRun::ordered(Op op, const FilterValue& left, const FilterValue& right, Id id) {
  const bool numbers = left.is_number() && right.is_number();
  const bool alike = left.kind == right.kind && (left.kind == ValueKind::text || left.kind == ValueKind::boolean);
  if (!numbers && !alike) return wrong(id, left, right);
  if (numbers && (std::isnan(left.number()) || std::isnan(right.number()))) return failed(Why::not_a_number, id);
  if (!numbers && left.kind == ValueKind::text && !spend(std::min(left.text.size, right.text.size) / 64))
    return failed(Why::cost, id);
  const int order = order_of(left, right);
  switch (op) {
    case Op::less: return FilterValue(order < 0);
    case Op::less_equal: return FilterValue(order <= 0);
    case Op::greater: return FilterValue(order > 0);
    default: return FilterValue(order >= 0);
  }
}

FilterValue FilterRun::in(const FilterValue& value, const FilterValue& range, Id id) {
  if (range.is_map()) {
    if (value.kind != ValueKind::text) return FilterValue(false);
    const FilterValue found = named(range, value.view(), id);
    return found.failed() ? found : FilterValue(found.kind != ValueKind::missing);
  }
  if (!range.is_list()) return wrong(id, value, range);
  bool found = false;
  each_item_of(range, [&](const FilterValue& item) {
    found = equal_values(value, item, cost_);
    return !found && !cost_.exhausted();
  });
  return FilterValue(found);
}

// An int beside a double becomes one: an extension of CEL's.
FilterValue FilterRun::arithmetic(Op op, const FilterValue& left, const FilterValue& right, Id id) {
  if (left.kind == ValueKind::integer && right.kind == ValueKind::integer)
    return of_ints(op, left.integer, right.integer, id);
  if (left.is_number() && right.is_number() && op != Op::modulo) return of_doubles(op, left.number(), right.number());
  const bool joins = op == Op::plus && ((left.kind == ValueKind::text && right.kind == ValueKind::text) ||
                                        (left.is_list() && right.is_list()));
  if (!joins) return wrong(id, left, right);
  const FilterValue both = joined(left, right);
  return cost_.exhausted() ? failed(Why::cost, id) : both;
}

FilterValue FilterRun::of_ints(Op op, std::int64_t left, std::int64_t right, Id id) const {
  std::int64_t result = 0;
  bool over = false;
  switch (op) {
    case Op::plus: over = __builtin_add_overflow(left, right, &result); break;
    case Op::difference: over = __builtin_sub_overflow(left, right, &result); break;
    case Op::times: over = __builtin_mul_overflow(left, right, &result); break;
    default:
      if (right == 0) return failed(Why::division_by_zero, id);
      over = left == std::numeric_limits<std::int64_t>::min() && right == -1;
      if (!over) result = op == Op::quotient ? left / right : left % right;
      break;
  }
  return over ? failed(Why::overflow, id) : FilterValue(result);
}

FilterValue FilterRun::of_doubles(Op op, double left, double right) const {
  switch (op) {
    case Op::plus: return FilterValue(left + right);
    case Op::difference: return FilterValue(left - right);
    case Op::times: return FilterValue(left * right);
    default: break;
  }
  // IEEE 754's, which C++ leaves open.
  if (right != 0) return FilterValue(left / right);
  if (left == 0 || std::isnan(left)) return FilterValue(std::numeric_limits<double>::quiet_NaN());
  const double infinity = std::numeric_limits<double>::infinity();
  return FilterValue(std::signbit(left) == std::signbit(right) ? infinity : -infinity);
}

FilterValue FilterRun::joined(const FilterValue& left, const FilterValue& right) {
  if (left.kind == ValueKind::text) {
    const std::size_t bytes = left.text.size + right.text.size;
    if (!spend(1 + bytes / 16)) return {};
    auto* const text = allocated<char>(bytes);
    if (left.text.size > 0) std::memcpy(text, left.text.data, left.text.size);
    if (right.text.size > 0) std::memcpy(text + left.text.size, right.text.data, right.text.size);
    return FilterValue(std::string_view(text, bytes));
  }
  const std::size_t count = count_of(left) + count_of(right);
  if (!spend(1 + count)) return {};
  auto* const items = allocated<FilterValue>(count);
  std::size_t at = 0;
  for (const FilterValue* list : {&left, &right})
    each_item_of(*list, [&](const FilterValue& item) { return new (items + at++) FilterValue(item), true; });
  return FilterValue(FilterValue::Items{items, count});
}

FilterValue FilterRun::texts(Op op, const FilterValue& text, const FilterValue& part, Id id) {
  if (text.kind != ValueKind::text || part.kind != ValueKind::text) return wrong(id, text, part);
  if (!spend((op == Op::contains ? text.text.size : 0) / 16 + part.text.size / 16)) return failed(Why::cost, id);
  if (op == Op::starts_with) return FilterValue(text.view().starts_with(part.view()));
  if (op == Op::ends_with) return FilterValue(text.view().ends_with(part.view()));
  // memmem's time is linear in both, find()'s is not.
  const bool found =
      part.text.size == 0 || ::memmem(text.text.data, text.text.size, part.text.data, part.text.size) != nullptr;
  return FilterValue(found);
}

// all and exists: as && and || of what each says.
FilterValue FilterRun::quantified(const Node& node, Id id, bool absorbing) {
  const FilterValue range = value(node.kids[0]);
  if (range.failed()) return range;
  if (!range.is_list() && !range.is_map()) return wrong(id, range);
  return quantified_over(range, node, id, absorbing);
}

FilterValue FilterRun::quantified_over(const FilterValue& range, const Node& node, Id id, bool absorbing) {
  FilterValue undecided(!absorbing);
  each_item_of(range, [&](const FilterValue& item) {
    slots_[node.value] = item;
    const FilterValue said = value(node.kids[1]);
    if (said.is(absorbing)) return undecided = said, false;
    if (!undecided.failed() && said.kind != ValueKind::boolean) undecided = said.failed() ? said : wrong(id, said);
    return !cost_.exhausted();
  });
  return undecided;
}

FilterValue FilterRun::exactly_one(const Node& node, Id id) {
  const FilterValue range = value(node.kids[0]);
  if (range.failed()) return range;
  if (!range.is_list() && !range.is_map()) return wrong(id, range);
  FilterValue failure;
  std::size_t count = 0;
  each_item_of(range, [&](const FilterValue& item) {
    slots_[node.value] = item;
    const FilterValue said = value(node.kids[1]);
    if (said.kind != ValueKind::boolean) return failure = said.failed() ? said : wrong(id, said), false;
    count += said.boolean ? 1 : 0;
    return !cost_.exhausted();
  });
  return failure.failed() ? failure : FilterValue(count == 1);
}

FilterValue FilterRun::each_or_itself(const Node& node, Id id) {
  const FilterValue of = value(node.kids[0]);
  if (of.failed()) return of;
  if (of.is_list()) return quantified_over(of, node, id, true);
  slots_[node.value] = of;
  return value(node.kids[1]);
}

FilterValue FilterRun::holds(const Node& node) {
  const FilterValue said = value(node.kids[0]);
  if (said.failed() && said.failure.why == Why::wrong_type) return FilterValue(false);
  return said;
}

}  // namespace certes::event
