#pragma once
// How a comparison of schemas ends when its budget is used up. Internal to common/schema: thrown where work is paid
// for, caught in compatibility.cpp, so that no step between can forget it.

#include "common/schema/budget.hpp"

namespace certes::schema {

struct Undecided {};

inline void pay(Budget* budget, std::size_t steps = 1) {
  if (budget != nullptr && !budget->spend(steps)) throw Undecided{};
}

}  // namespace certes::schema
