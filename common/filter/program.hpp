#pragma once
// Program: a filter as a tree, ready to be evaluated. CEL text and objects of operators both become one. Who: made by
// compile.hpp, evaluated by common/event/filter.hpp. Immutable once made; any thread.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/schema/patterns.hpp"

namespace certes::filter {

enum class Op : std::uint8_t {
  literal,   // value: of `literals`
  root,      // value: a Root
  local,     // value: the slot of a variable
  field,     // of kids[0]; value: of `names`
  has,       // the same: whether it is there
  index,     // kids[0] at kids[1]
  list,      // of kids
  map,       // of kids: name, value, name, value
  all_of,    // of kids, two or more
  any_of,    // the same
  negation,  // "!"
  minus,     // of one
  choice,    // kids[0] ? kids[1] : kids[2]
  equal,     // of two, as all to `modulo`
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  plus,
  difference,
  times,
  quotient,
  modulo,
  size,
  starts_with,  // kids[0] is looked at, kids[1] looked for
  ends_with,
  contains,
  matches,  // kids[0]; value: of `patterns`
  every,    // all, exists, exists_one: over kids[0], what kids[1] says with each in the slot `value`
  some,
  one,
  // Of objects alone: what is not there, or is of another type, is no failure.
  member,   // as field; or it is missing
  item,     // as some; or, of what is no list, what kids[1] says of itself
  present,  // whether kids[0] is not missing
  holds,    // kids[0]; false where that fails for a type, or for what is missing
};

enum class Root : std::uint8_t { data, event, headers, query };

// What is known of a value before there is an event.
enum class Type : std::uint8_t { any, null, boolean, integer, real, text, list, map };

using Literal = std::variant<std::monostate, bool, std::int64_t, double, std::string>;  // monostate: null

struct Program {
  using Id = std::uint32_t;
  struct Node {
    Op op = Op::literal;
    Type type = Type::any;
    std::uint16_t depth = 1;
    std::uint32_t place = 0;  // a byte of the text; of an object the number of a pointer
    std::uint32_t value = 0;
    std::vector<Id> kids = {};
  };

  std::vector<Node> nodes;
  Id root = 0;
  std::vector<Literal> literals;
  std::vector<std::string> names;
  std::vector<schema::Pattern> patterns;
  std::uint32_t slots = 0;
  std::string text;                   // of an expression
  std::vector<std::string> pointers;  // of an object: where its parts stand in it

  // Where a node stands: "line 1, column 7" of a text, "/data/total/$gt" of an object.
  std::string place_of(Id id) const;
};

// "line 1, column 7": columns count characters.
std::string line_and_column(std::string_view text, std::size_t byte);

}  // namespace certes::filter
