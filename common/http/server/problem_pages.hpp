#pragma once
// The pages of /problems/NAME: what a type of problem means, and what to do. Who: Pages. Pure, any thread.

#include "common/http/server/problem_types.hpp"
#include "common/http/server/server.hpp"

namespace certes::http {

// In plain text, or as HTML; null: 404 with the names that there are.
Response problem_text(const ProblemType* type);
Response problem_html(const ProblemType* type);

}  // namespace certes::http
