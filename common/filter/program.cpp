#include "common/filter/program.hpp"

#include <algorithm>

namespace certes::filter {

std::string line_and_column(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::string_view line = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0
  const auto characters =
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  return "line " + std::to_string(lines + 1) + ", column " + std::to_string(characters + 1);
}

std::string Program::place_of(Id id) const {
  const std::uint32_t place = nodes[id].place;
  return pointers.empty() ? line_and_column(text, place) : pointers[place];
}

}  // namespace certes::filter
