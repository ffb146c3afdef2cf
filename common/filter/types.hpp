#pragma once
// What operators make of types that are known before there is an event. Inside common/filter only. Pure.

#include <optional>
#include <string_view>

#include "common/filter/program.hpp"

namespace certes::filter {

std::string_view to_string(Type type);  // "a string", "a list"
std::string_view symbol(Op op);         // of one with two operands: "&&", "<="
bool is_number(Type type);
Type type_of(const Literal& literal);

// Of one with two operands but && and ||; nothing: it does not take these.
std::optional<Type> result_of(Op op, Type left, Type right);

}  // namespace certes::filter
