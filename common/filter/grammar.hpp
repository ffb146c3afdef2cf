#pragma once
// The grammar of expressions: the subset of CEL that docs/filters.md describes. Inside common/filter only; the parser
// itself (PEGTL) is in grammar.cpp alone. Pure.

#include "common/base/result.hpp"
#include "common/filter/builder.hpp"

namespace certes::filter {

// The node of the whole. Error: invalid, with line and column. What `builder` has refused is no error here.
Result<Builder::Id> parse_expression(std::string_view text, Builder& builder);

}  // namespace certes::filter
