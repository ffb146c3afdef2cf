#include "gateway/webhook/verify/effort.hpp"

#include <cstring>

namespace certes::gateway::ingest::verify {
namespace {

constexpr Effort::rep kHardNumberMicroseconds = 10;
constexpr std::size_t kEasyDigits = 15;       // a double holds them
constexpr std::size_t kLookedAtFrom = 2'048;  // what is shorter is not for long, whatever stands in it

constexpr bool digit(char c) { return c >= '0' && c <= '9'; }

// Behind the string that begins at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  while (true) {
    const std::size_t quote = text.find('"', at + 1);
    if (quote == text.npos) return text.size();
    std::size_t backslashes = 0;
    while (text[quote - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return quote + 1;
    at = quote;
  }
}

// Numbers outside of strings with an exponent or with more digits than a double holds; no more than `most` are counted.
Effort::rep hard_numbers(std::string_view text, Effort::rep most) {
  Effort::rep hard = 0;
  for (std::size_t at = 0; at < text.size() && hard < most;) {
    if (text[at] == '"') {
      at = string_end(text, at);
    } else if (!digit(text[at])) {
      ++at;
    } else {
      const std::size_t begin = at;
      bool exponent = false, fraction = false;
      for (; at < text.size() && (digit(text[at]) || text[at] == '.' || text[at] == 'e' || text[at] == 'E' ||
                                  text[at] == '+' || text[at] == '-');
           ++at) {
        fraction |= text[at] == '.';
        exponent |= text[at] == 'e' || text[at] == 'E';
      }
      hard += exponent || (fraction && at - begin > kEasyDigits + 1);
    }
  }
  return hard;
}

}  // namespace

// Nothing but hard numbers.
Effort to_parse_unseen(std::size_t bytes) {
  constexpr std::size_t kBytesOfHardNumber = 4;  // "1e1,"
  return Effort(static_cast<Effort::rep>(bytes / kBytesOfHardNumber) * kHardNumberMicroseconds);
}

Effort to_parse(std::string_view text, Effort most) {
  const Effort plain(static_cast<Effort::rep>(text.size() / kParsedBytesPerMicrosecond));
  if (text.size() < kLookedAtFrom || plain > most) return plain;
  const Effort::rep enough = (most - plain).count() / kHardNumberMicroseconds + 1;
  return plain + Effort(hard_numbers(text, enough) * kHardNumberMicroseconds);
}

}  // namespace certes::gateway::ingest::verify
