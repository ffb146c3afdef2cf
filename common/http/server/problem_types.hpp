#pragma once
// The types of RFC 9457 problem details that Certes answers with: /problems/NAME, a page at every listener that says
// what it means and what to do. Who: problem() (server.hpp), which takes no other, and Pages. Immutable, any thread.

#include <span>
#include <string_view>

#include "common/http/server/server.hpp"

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
// As a page, in plain text or as HTML; null: 404 with the names that there are.
Response problem_text(const ProblemType* type);
Response problem_html(const ProblemType* type);

}  // namespace certes::http
