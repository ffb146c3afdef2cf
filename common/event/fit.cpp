#include "common/event/fit.hpp"

#include <algorithm>

#include "common/event/event.hpp"

namespace certes::event {

std::string fit_type(std::string_view text) {
  std::string type;
  bool inside = false;  // a character of several bytes
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xc0) == 0x80;
    if (inside && continues) continue;
    inside = static_cast<unsigned char>(c) >= 0x80;
    if (c == '.' && (type.empty() || type.back() == '.')) type += '_';
    type += c == '.' || valid_type({&c, 1}) ? c : '_';
  }
  if (type.back() == '.') type += '_';
  type.resize(std::min(type.size(), kMaxTypeBytes));
  if (type.back() == '.') type.pop_back();
  return type;
}

}  // namespace certes::event
