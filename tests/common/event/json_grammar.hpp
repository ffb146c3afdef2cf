#pragma once
// JSON as RFC 8259 has it, as a table in our own words: what must be accepted and what must be refused, production by
// production. Where the RFC leaves the choice, it is made here and said so (`ours`). Who: tests of whatever takes JSON.

#include <string>
#include <vector>

namespace certes::testing {

struct JsonText {
  std::string rule;  // section of RFC 8259, and what it says
  std::string text;
};

// json_accepted.cpp, json_refused.cpp
std::vector<JsonText> json_accepted();
std::vector<JsonText> json_refused();

inline std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace certes::testing
