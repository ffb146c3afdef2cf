#pragma once
// Text in the columns of a terminal: how many it takes, and cut or padded to as many. Who: what fits its lines to a
// terminal. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace certes::command {

enum class Align : std::uint8_t { left, right };

// Columns of UTF-8 text on one line: of East Asian wide characters and emoji two, of combining ones none.
std::size_t columns_of(std::string_view text);
// Exactly so many: padded, or cut with "…" at its end.
std::string fitted(std::string_view text, std::size_t columns, Align align = Align::left);
// So many at most.
std::string cut(std::string_view text, std::size_t columns);
// As lines of so many at most, broken at spaces; a word that is longer stays whole, so that who copies it has it. At
// least one line; of 0 columns the text as it is. Precondition: it is one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

}  // namespace certes::command
