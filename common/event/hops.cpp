#include "common/event/hops.hpp"

#include <algorithm>

namespace certes::event {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

Result<std::uint32_t> read_hops(std::string_view value) {
  std::uint32_t most = 0;
  for (bool more = true; more;) {
    const std::size_t comma = value.find(',');
    const std::string_view digits = trimmed(value.substr(0, comma));
    if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos)
      return fail(Code::invalid, "certes-hops must be a number: how often the event has passed through Certes",
                  std::string(kHops));
    std::uint32_t number = 0;
    for (const char digit : digits)
      number = std::min(kMaxHops + 1, number * 10 + static_cast<std::uint32_t>(digit - '0'));
    most = std::max(most, number);
    more = comma != value.npos;
    if (more) value.remove_prefix(comma + 1);
  }
  return most;
}

std::string too_many_hops() {
  return "the event has passed through Certes more than " + std::to_string(kMaxHops) +
         " times (certes-hops): an endpoint it is delivered to sends it back here";
}

}  // namespace certes::event
