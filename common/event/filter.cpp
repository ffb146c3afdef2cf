#include "common/event/filter.hpp"

#include <array>

#include "common/event/filter_run.hpp"
#include "common/filter/types.hpp"

namespace certes::event {
namespace {

using Why = FilterFailure::Why;

constexpr std::array<std::string_view, 11> kWhys = {"no_data",      "inexact_data", "no_member", "member_twice",
                                                    "no_item",      "wrong_type",   "overflow",  "division_by_zero",
                                                    "not_a_number", "cost",         "no_boolean"};

// What a node is called in the text.
std::string called(const filter::Program& program, const filter::Program::Node& node) {
  using filter::Op;
  switch (node.op) {
    case Op::field:
    case Op::has:
    case Op::member: return "\"" + program.names[node.value] + "\"";
    case Op::index: return "\"[]\"";
    case Op::negation: return "\"!\"";
    case Op::minus: return "\"-\"";
    case Op::choice: return "\"?\"";
    case Op::size: return "\"size\"";
    case Op::starts_with: return "\"startsWith\"";
    case Op::ends_with: return "\"endsWith\"";
    case Op::contains: return "\"contains\"";
    case Op::matches: return "\"matches\"";
    case Op::every: return "\"all\"";
    case Op::some: return "\"exists\"";
    case Op::one: return "\"exists_one\"";
    default: return "\"" + std::string(filter::symbol(node.op)) + "\"";
  }
}

std::string of_types(const filter::Program& program, const filter::Program::Node& node, const FilterFailure& failure) {
  const std::string left(filter::to_string(failure.left));
  if (node.op == filter::Op::field || node.op == filter::Op::has)
    return "there is no member " + called(program, node) + " in " + left;
  if (failure.right == filter::Type::any) return called(program, node) + " does not take " + left;
  return called(program, node) + " does not take " + left + " and " + std::string(filter::to_string(failure.right));
}

std::string sentence(const filter::Program& program, const FilterFailure& failure) {
  const auto& node = program.nodes[failure.node];
  switch (failure.why) {
    case Why::no_data: return "the event has no data: its payload is neither JSON nor a form";
    case Why::inexact_data: return "the payload holds a number that neither 64 bits nor a double can hold";
    case Why::no_member: return "there is no member " + called(program, node);
    case Why::member_twice: return "a member that is looked at stands twice in its object";
    case Why::no_item: return "there is no such item";
    case Why::wrong_type: return of_types(program, node, failure);
    case Why::overflow: return called(program, node) + " gives a number that 64 bits cannot hold";
    case Why::division_by_zero: return called(program, node) + " divides by zero";
    case Why::not_a_number: return "what is not a number has no order";
    case Why::cost: return "the evaluation takes more than " + std::to_string(filter::kMaxCost) + " steps";
    case Why::no_boolean: break;
  }
  return "the filter gave " + std::string(filter::to_string(failure.left)) + ", not true or false";
}

}  // namespace

std::string_view to_string(FilterFailure::Why why) { return kWhys[static_cast<std::size_t>(why)]; }

FilterResult evaluate(const filter::Program& program, FilterEvent& event) {
  return FilterRun(program, event.parts()).run();
}

std::string describe(const filter::Program& program, const FilterFailure& failure) {
  return program.place_of(failure.node) + ": " + sentence(program, failure);
}

}  // namespace certes::event
