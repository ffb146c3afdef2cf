#pragma once
// JSON that stays text: what is passed on byte for byte, so that no number is rounded and no depth costs a stack. Who:
// the views of the gateway, the operator's commands. Pure, any thread; nothing here recurses.

#include <cstddef>
#include <string>
#include <string_view>

namespace certes {

// Whether brackets outside of strings nest deeper. Of any text: what stands before an error of JSON counts.
bool is_deeper(std::string_view text, std::size_t depth);

// A JSON object's text with one more member at its end. `raw`: JSON text, or the object is none.
void add_raw_member(std::string& object, std::string_view name, std::string_view raw);

// The same JSON on lines of their own, indented by two. Precondition: JSON.
std::string indented_json(std::string_view json);

// The same JSON without space between its tokens. Precondition: JSON.
std::string compact_json(std::string_view json);

// The text of a member of an object as it stands there; of several of that name the last. Empty: there is none.
// Precondition: JSON.
std::string_view raw_member(std::string_view object, std::string_view name);

}  // namespace certes
