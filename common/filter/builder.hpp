#pragma once
// Builder: makes the nodes of a Program, and refuses what no event could make right: unknown names, operators on types
// they do not know, what is beyond the limits. Only the first refusal counts; nodes that come after it mean nothing.
// Who: the grammar of expressions, and operators.cpp. Confined to one compilation.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/filter/program.hpp"

namespace certes::filter {

class Builder {
 public:
  using Id = Program::Id;
  using Place = std::uint32_t;
  struct Refusal {
    Place place;
    std::string why;
  };

  Id literal(Literal value, Place at);
  Id root(Root root, Place at);
  Id name(std::string_view name, Place at);  // a variable, or one of the roots
  Id field(Id of, std::string_view name, Place at);
  Id index(Id of, Id at_index, Place at);  // of a literal name: as field
  Id member(Id of, std::string_view name, Place at);
  Id has(Id field, Place at);
  Id list(std::vector<Id> items, Place at);
  Id map(std::vector<Id> names_and_values, Place at);
  Id unary(Op op, Id operand, Place at);
  Id binary(Op op, Id left, Id right, Place at);  // all_of and any_of grow where the left one is one
  Id choice(Id condition, Id then, Id otherwise, Place at);
  // A function by its name; `receiver`: before its dot.
  Id call(std::string_view function, std::optional<Id> receiver, std::vector<Id> arguments, Place at);

  // Between the two the variable is known.
  void open(std::string_view variable, Place at);
  Id close(Op op, Id range, Id condition, Place at);  // of the one that was opened last
  // The same for a variable of no name; what reads it.
  std::uint32_t open_unnamed();
  Id variable(std::uint32_t slot, Place at) { return add(Op::local, Type::any, at, {}, slot); }

  void refuse(Place at, std::string why);
  const std::optional<Refusal>& refusal() const { return refusal_; }
  const Program::Node& node(Id id) const { return program_.nodes[id]; }
  const std::string* text_of(Id id) const;  // of a literal that is one; else null

  // Precondition: nothing was refused.
  Program finish(Id root);

 private:
  struct Variable {
    std::string name;
    std::uint32_t slot;
  };

  Id add(Op op, Type type, Place at, std::vector<Id> kids, std::uint32_t value = 0);
  Id nothing(Place at) { return add(Op::list, Type::any, at, {}); }  // in the place of what was refused
  std::uint32_t name_number(std::string_view name);
  void check_root_member(Id of, std::string_view name, Place at);
  Type member_type(Id of, std::string_view name) const;
  void check_boolean(Id operand, std::string_view what, Place at);
  void check_text(Id operand, std::string_view what, Place at);
  Id matches(Id text, Id pattern, Place at);
  Type type(Id id) const { return program_.nodes[id].type; }

  Program program_;
  std::vector<Variable> variables_;
  std::optional<Refusal> refusal_;
};

}  // namespace certes::filter
