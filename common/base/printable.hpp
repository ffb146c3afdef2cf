#pragma once
// What others wrote, as it may be printed: a terminal obeys control characters, and text that turns its direction shows
// what is not there. Who: all commands, through console; the log. Pure, any thread.

#include <string>
#include <string_view>

namespace certes {

// C0 and C1 controls, DEL, a CR without LF and bidirectional overrides and isolates become \u001b and the like, as JSON
// writes them, so that JSON stays what it was; what is no UTF-8 becomes U+FFFD. Line ends and tabs stay.
std::string printable(std::string_view text);
// The same on one line: line ends and tabs too.
std::string printable_line(std::string_view text);
// printable, each line but the first indented like that: none of them looks like a line of ours.
std::string printable_block(std::string_view text, std::string_view indent);

}  // namespace certes
