#pragma once
// The file of certes export: what is declared, in the API's form, as certes apply takes it without a difference. Pure.

#include <map>
#include <string>
#include <vector>

namespace certes::command {

struct Exported {
  std::string text;                   // JSON, indented
  std::vector<std::string> left_out;  // "endpoints/e": what this version of Certes cannot use
};

// `listed`: by a kind's path, its resources as the API lists them, a JSON array. `owner`: of this one alone; empty: of
// all, and of nobody. Not in it: what the service says of a resource, what is made by Certes itself, and whether an
// endpoint is paused or disabled, which is no declaration. Sealed members stand there as {"set": true}: "as it is".
Exported exported(const std::map<std::string, std::string>& listed, const std::string& owner);

}  // namespace certes::command
