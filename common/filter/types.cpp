#include "common/filter/types.hpp"

#include <array>

namespace certes::filter {
namespace {

constexpr std::array<std::string_view, 8> kTypes = {"any value", "null",     "true or false", "an int",
                                                    "a double",  "a string", "a list",        "a map"};

bool is_container(Type type) { return type == Type::list || type == Type::map; }

std::optional<Type> result_of_order(Type left, Type right) {
  const auto has_order = [](Type type) { return type != Type::null && !is_container(type); };
  if (!has_order(left) || !has_order(right)) return std::nullopt;
  const bool fits = left == Type::any || right == Type::any || left == right || (is_number(left) && is_number(right));
  return fits ? std::optional(Type::boolean) : std::nullopt;
}

std::optional<Type> result_of_arithmetic(Op op, Type left, Type right) {
  const auto takes = [op](Type type) {
    if (type == Type::any) return true;
    if (op == Op::plus && (type == Type::text || type == Type::list)) return true;
    return is_number(type) && (op != Op::modulo || type == Type::integer);
  };
  if (!takes(left) || !takes(right)) return std::nullopt;
  const Type known = left == Type::any ? right : left, other = left == Type::any ? left : right;
  if (op == Op::modulo) return Type::integer;
  if (other == Type::any) return is_number(known) ? Type::any : known;
  if (known == other) return known;
  return is_number(known) && is_number(other) ? std::optional(Type::real) : std::nullopt;
}

}  // namespace

std::string_view to_string(Type type) { return kTypes[static_cast<std::size_t>(type)]; }

std::string_view symbol(Op op) {
  switch (op) {
    case Op::all_of: return "&&";
    case Op::any_of: return "||";
    case Op::equal: return "==";
    case Op::unequal: return "!=";
    case Op::less: return "<";
    case Op::less_equal: return "<=";
    case Op::greater: return ">";
    case Op::greater_equal: return ">=";
    case Op::in: return "in";
    case Op::plus: return "+";
    case Op::difference: return "-";
    case Op::times: return "*";
    case Op::quotient: return "/";
    case Op::modulo: return "%";
    default: return "";
  }
}

bool is_number(Type type) { return type == Type::integer || type == Type::real; }

Type type_of(const Literal& literal) {
  constexpr std::array<Type, 5> kOf = {Type::null, Type::boolean, Type::integer, Type::real, Type::text};
  return kOf[literal.index()];
}

std::optional<Type> result_of(Op op, Type left, Type right) {
  switch (op) {
    case Op::equal:
    case Op::unequal: return Type::boolean;
    case Op::in: return right == Type::any || is_container(right) ? std::optional(Type::boolean) : std::nullopt;
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal: return result_of_order(left, right);
    default: return result_of_arithmetic(op, left, right);
  }
}

}  // namespace certes::filter
