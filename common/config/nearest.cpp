// Which known name somebody meant.
#include <algorithm>
#include <numeric>

#include "common/config/table.hpp"

namespace certes::config {
namespace {

// Insertions, deletions and replacements between the two (Levenshtein), two rows at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::string_view last_word(std::string_view name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  const std::string* best = nullptr;
  std::size_t best_distance = name.size() / 3 + 2;  // further away is no help
  for (const std::string& candidate : known) {
    // At least as far as their lengths are apart: a name of kilobytes is compared with nothing.
    const std::size_t apart = std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size());
    std::size_t d = apart < best_distance ? distance(name, candidate) : apart;
    if (last_word(candidate) == last_word(name)) d = std::min<std::size_t>(d, 2);  // right word, wrong section
    if (d >= best_distance) continue;
    best_distance = d;
    best = &candidate;
  }
  return best ? "; did you mean " + *best + "?" : std::string();
}

}  // namespace certes::config
