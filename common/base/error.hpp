#pragma once
// What went wrong, as a value. The code says what the caller does about it; the message says it to a person; the
// pointer names the place at fault (a JSON pointer, a header, a setting with its line) where there is one.
// Used everywhere. Plain values, any thread.

#include <string>
#include <string_view>
#include <utility>

namespace certes {

enum class Code {
  invalid,          // the input is wrong: tell who sent it
  unauthenticated,  // no proof, or a wrong one
  forbidden,        // known, but not allowed
  not_found,
  conflict,  // somebody else changed or holds it
  too_large,
  busy,             // refused now, nothing happened: try again
  unavailable,      // the other side is away: try again
  unknown_outcome,  // it may or may not have happened
  timeout,
  internal,  // our fault
};

std::string_view to_string(Code code);

struct Error {
  Code code = Code::internal;
  std::string message;
  std::string pointer;

  Error() = default;
  Error(Code c, std::string m, std::string p = {}) : code(c), message(std::move(m)), pointer(std::move(p)) {}

  // The same error with a word before its message, as it passes upwards: "config: ".
  Error prefixed(std::string_view prefix) &&;
};

}  // namespace certes
