#include "certes/cli_help.hpp"

#include <sstream>
#include <string_view>

#include "certes/commands/cells.hpp"

namespace certes::command {
namespace {

constexpr std::size_t kNameColumns = 30;  // as the library pads names
constexpr std::size_t kLeastDescription = 20;

// "  --name TEXT                 what it does", or what it does alone below a long name.
bool has_description(std::string_view line) {
  return line.starts_with("  ") && line.size() > kNameColumns && line[kNameColumns - 1] == ' ' &&
         line[kNameColumns] != ' ';
}

void add_broken(std::string& text, std::string_view line, std::size_t before, std::size_t columns) {
  std::string begin(line.substr(0, before));
  for (const std::string& part : wrapped(line.substr(before), columns - before)) {
    text.append(begin).append(part).append("\n");
    begin.assign(before, ' ');
  }
}

}  // namespace

std::string fitted_help(const std::string& help, std::size_t columns) {
  if (columns < kNameColumns + kLeastDescription) return help;
  std::string text;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    const bool is_text = !line.starts_with(' ') && !line.starts_with("Usage:");
    if (columns_of(line) <= columns || (!is_text && !has_description(line)))
      text.append(line).append("\n");
    else
      add_broken(text, line, is_text ? 0 : kNameColumns, columns);
  }
  return text;
}

}  // namespace certes::command
