#include "api/history/text.hpp"

#include <algorithm>
#include <cctype>

namespace certes::api::history {
namespace {

constexpr std::string_view kSpace = " \t\r\n\v\f";

bool has_word(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0;
  });
}

std::string in_quotes(std::string_view word) {
  std::string text = "\"";
  for (const char c : word) text.append(c == '"' ? 2 : 1, c);
  return text + "\"";
}

}  // namespace

// Of letters alone, as what divides words and the case of letters may stand in a tenant's id.
std::string tenant_word(std::string_view tenant) {
  std::string word = "t";
  for (const char c : tenant) {
    const auto byte = static_cast<unsigned char>(c);
    word.push_back(static_cast<char>('a' + byte / 16));
    word.push_back(static_cast<char>('a' + byte % 16));
  }
  return word;
}

std::optional<std::string> match_of(std::string_view tenant, std::string_view words) {
  std::string all;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find_first_of(kSpace), words.size());
    std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (!has_word(word)) continue;
    const bool beginning = word.ends_with('*');
    if (beginning) word.remove_suffix(1);
    all.append(all.empty() ? "" : " AND ").append(in_quotes(word)).append(beginning ? " *" : "");
  }
  if (all.empty()) return std::nullopt;
  return "tenant : " + in_quotes(tenant_word(tenant)) + " AND words : (" + all + ")";
}

}  // namespace certes::api::history
