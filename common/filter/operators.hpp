#pragma once
// Objects of operators: {"data":{"total":{"$gt":100}}}. Inside common/filter only. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/filter/builder.hpp"

namespace certes::filter {

// The node of the whole; `pointers`: what the places of nodes and refusals are numbers of. Error: invalid, why it is no
// JSON.
Result<Builder::Id> read_operators(std::string_view json, Builder& builder, std::vector<std::string>& pointers);

}  // namespace certes::filter
