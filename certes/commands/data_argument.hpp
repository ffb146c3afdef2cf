#pragma once
// DATA of certes send and certes command: JSON, or text that is meant as a string. What looks like JSON and is none,
// and bytes that are no text, are refused: to guess would change what is sent. Pure; any thread.

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace certes::command {

// UTF-8 without control characters but tabs and line ends.
bool is_text(std::string_view bytes);

// As a JSON document. `as_string`: text is a string whatever it looks like (--text). Error: invalid.
Result<std::string> json_of_data(const std::string& data, bool as_string);

}  // namespace certes::command
