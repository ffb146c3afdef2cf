#pragma once
// Page: lines that are cut to a terminal's columns and rows, with or without colour. Who: certes top. Confined to who
// makes it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace certes::command {

enum class Ink : std::uint8_t { plain, strong, faint, warn, bad };

struct Span {
  std::string text;
  Ink ink = Ink::plain;
};
using Spans = std::vector<Span>;

class Page {
 public:
  // `rows` 0: as many as there are.
  Page(std::size_t columns, std::size_t rows, bool colour) : columns_(columns), rows_(rows), colour_(colour) {}

  // What others wrote is in most of it: see printable. What does not fit is cut; a line beyond the last row is left
  // out.
  void line(const Spans& spans = {});
  // Each in a cell of that width, as many on a line as fit.
  void cells(const Spans& all, std::size_t width);
  std::size_t columns() const { return columns_; }
  std::string take();

 private:
  std::string inked(const std::string& text, Ink ink) const;

  const std::size_t columns_, rows_;
  const bool colour_;
  std::vector<std::string> lines_;
};

}  // namespace certes::command
