#include "certes/commands/cells.hpp"

#include <algorithm>
#include <iterator>

namespace certes::command {
namespace {

struct CodeRange {
  char32_t first, last;
};

// Coarse: whole blocks, as terminals show them.
constexpr CodeRange kWide[] = {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
                               {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},
                               {0xF900, 0xFAFF},   {0xFE30, 0xFE4F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                               {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr CodeRange kNone[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
                               {0x064B, 0x065F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
                               {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

template <std::size_t N>
bool is_in(const CodeRange (&ranges)[N], char32_t code) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [code](const CodeRange& range) { return code >= range.first && code <= range.last; });
}

std::size_t columns_of_code(char32_t code) {
  if (is_in(kNone, code)) return 0;
  return is_in(kWide, code) ? 2 : 1;
}

// Takes one character; of what is no UTF-8 one byte.
char32_t take_code(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t code = size == 1 ? first : first & (0xFFu >> (size + 1));
  std::size_t taken = 1;
  for (; taken < size && taken < text.size() && (static_cast<unsigned char>(text[taken]) & 0xC0) == 0x80; ++taken)
    code = (code << 6) | (static_cast<unsigned char>(text[taken]) & 0x3Fu);
  text.remove_prefix(taken);
  return code;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) columns += columns_of_code(take_code(text));
  return columns;
}

std::string cut(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::string_view left = text;
  std::size_t used = 0, bytes = 0;
  while (!left.empty()) {
    used += columns_of_code(take_code(left));
    if (used > columns - 1) break;
    bytes = text.size() - left.size();
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  if (columns == 0) return {std::string(text)};
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::size_t space = text.find(' ', text.find_first_not_of(' '));
    const std::string_view word = text.substr(0, space);  // with the spaces before it
    text.remove_prefix(word.size());
    if (lines.back().empty() || columns_of(lines.back()) + columns_of(word) <= columns)
      lines.back() += word;
    else
      lines.emplace_back(word.substr(std::min(word.find_first_not_of(' '), word.size())));
  }
  return lines;
}

std::string fitted(std::string_view text, std::size_t columns, Align align) {
  std::string shown = cut(text, columns);
  const std::string padding(columns - columns_of(shown), ' ');
  return align == Align::left ? shown + padding : padding + shown;
}

}  // namespace certes::command
