#include "certes/commands/page.hpp"

#include <algorithm>
#include <array>

#include "certes/commands/cells.hpp"
#include "common/base/printable.hpp"

namespace certes::command {
namespace {

constexpr std::array<const char*, 5> kInks = {"", "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[31m"};
constexpr const char* kNoInk = "\x1b[0m";

}  // namespace

void Page::line(const Spans& spans) {
  if (rows_ != 0 && lines_.size() == rows_) return;
  std::string text;
  std::size_t left = columns_;
  for (const auto& [own, ink] : spans) {
    const std::string shown = cut(printable_line(own), left);
    left -= columns_of(shown);
    text += inked(shown, ink);
  }
  while (text.ends_with(' ')) text.pop_back();
  lines_.push_back(std::move(text));
}

std::string Page::inked(const std::string& text, Ink ink) const {
  if (!colour_ || ink == Ink::plain || text.find_first_not_of(' ') == std::string::npos) return text;
  return kInks[static_cast<std::size_t>(ink)] + text + kNoInk;
}

void Page::cells(const Spans& all, std::size_t width) {
  const std::size_t in_line = std::max<std::size_t>(1, columns_ / width);
  for (std::size_t from = 0; from < all.size(); from += in_line) {
    Spans spans;
    for (std::size_t at = from; at < std::min(all.size(), from + in_line); ++at)
      spans.push_back({fitted(all[at].text, width), all[at].ink});
    line(spans);
  }
}

std::string Page::take() {
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  lines_.clear();
  return text;
}

}  // namespace certes::command
