#pragma once
// The types of RFC 9457 problem details that Certes answers with: /problems/NAME, a page at every listener that says
// what it means and what to do. Who: problem() (server.hpp), which takes no other, and Pages. Immutable, any thread.

#include <span>
#include <string_view>

namespace certes::http {

struct ProblemType {
  std::string_view name;
  int status;  // with which it mostly comes
  std::string_view meaning, remedy;
};

// By name.
std::span<const ProblemType> problem_types();
// Null: there is none.
const ProblemType* find_problem_type(std::string_view name);

}  // namespace certes::http
