#include "dispatcher/sending/header_rules.hpp"

#include <algorithm>

namespace certes::dispatcher {

void append_percent_encoded(std::string& out, std::string_view value) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  const auto plain = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != '"' && c != '%';
  };
  while (!value.empty()) {
    const auto end = std::ranges::find_if_not(value, plain);
    const auto run = static_cast<std::size_t>(end - value.begin());
    out.append(value.substr(0, run));
    value.remove_prefix(run);
    if (value.empty()) return;
    const auto byte = static_cast<unsigned char>(value.front());
    const char encoded[] = {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    out.append(encoded, sizeof encoded);
    value.remove_prefix(1);
  }
}

}  // namespace certes::dispatcher
