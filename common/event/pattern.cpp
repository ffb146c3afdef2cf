#include "common/event/pattern.hpp"

#include <vector>

namespace certes::event {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::string_view kOwn = "certes";

Words words_of(std::string_view text) {
  Words words;
  for (std::size_t at = 0;;) {
    const std::size_t dot = text.find('.', at);
    words.push_back(text.substr(at, dot - at));
    if (dot == std::string_view::npos) return words;
    at = dot + 1;
  }
}

bool meet(std::string_view a, std::string_view b) { return a == b || a == "*" || b == "*"; }

// Which pairs of places can be reached with the same words read: (0, 0) at first, the two ends in the end. `#` may be
// left without a word, or read one more and stay.
bool both_match(const Words& a, const Words& b) {
  const std::size_t width = b.size() + 1;
  std::vector<char> reached((a.size() + 1) * width, 0);
  reached[0] = 1;
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (!reached[i * width + j]) continue;
      const bool a_any = i < a.size() && a[i] == "#";
      const bool b_any = j < b.size() && b[j] == "#";
      if (a_any) reached[(i + 1) * width + j] = 1;
      if (b_any) reached[i * width + j + 1] = 1;
      if (a_any && j < b.size()) reached[i * width + j + 1] = 1;
      if (b_any && i < a.size()) reached[(i + 1) * width + j] = 1;
      if (i < a.size() && j < b.size() && meet(a[i], b[j])) reached[(i + 1) * width + j + 1] = 1;
    }
  }
  return reached.back() != 0;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view type) {
  const Words wanted = words_of(pattern);
  const Words given = words_of(type);
  if (given.front() == kOwn && wanted.front() != kOwn) return false;
  return both_match(wanted, given);
}

bool overlap(std::string_view a, std::string_view b) { return both_match(words_of(a), words_of(b)); }

}  // namespace certes::event
