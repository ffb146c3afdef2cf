#pragma once
// NAME=VALUE words as a JSON object, for create and update. Pure.

#include <string>
#include <vector>

#include "common/base/result.hpp"

namespace certes::command {

// The object with the fields added. VALUE is JSON where it is, else a string ("id" always is one); dots in NAME nest:
// verify.scheme=github. `base`: a JSON object to start from, or empty. Error: invalid, naming the word.
Result<std::string> json_of_fields(const std::string& base, const std::string& id,
                                   const std::vector<std::string>& words);

}  // namespace certes::command
