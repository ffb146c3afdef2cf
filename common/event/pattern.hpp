#pragma once
// Patterns of event types: words joined by '.', where `*` stands for exactly one word and `#` for none or more. A type
// whose first word is `certes` matches only patterns that begin with that word.
// Who: registry rules (bindings of commands), gateway. The dispatcher has a trie for many patterns. Pure, any thread.

#include <string_view>

namespace certes::event {

// Precondition: valid_pattern(pattern) and valid_type(type).
bool matches(std::string_view pattern, std::string_view type);
// Whether there is a type that both match. Precondition: both are valid patterns.
bool overlap(std::string_view a, std::string_view b);

}  // namespace certes::event
