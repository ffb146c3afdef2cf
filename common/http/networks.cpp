#include "common/http/networks.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace certes::http {

std::optional<Networks::Bytes> Networks::parse_address(std::string_view text) {
  text = text.substr(0, text.find('%'));  // a zone does not change the range
  char name[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof name) return std::nullopt;
  name[text.copy(name, text.size())] = '\0';
  Bytes bytes{};
  if (::inet_pton(AF_INET6, name, bytes.data()) == 1) return bytes;
  bytes[10] = bytes[11] = 0xff;
  if (::inet_pton(AF_INET, name, bytes.data() + 12) == 1) return bytes;
  return std::nullopt;
}

std::optional<Networks::Range> Networks::parse_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const auto bytes = parse_address(address);
  if (!bytes || address.find('%') != std::string_view::npos) return std::nullopt;
  const int width = address.find(':') == std::string_view::npos ? 32 : 128;
  int bits = width;
  if (slash != std::string_view::npos) {
    const std::string_view number = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bits);
    if (error != std::errc{} || end != number.data() + number.size() || bits < 0 || bits > width) return std::nullopt;
  }
  return Range{*bytes, bits + 128 - width};
}

Result<Networks> Networks::make(const std::vector<std::string>& cidrs, std::string_view setting) {
  Networks networks;
  for (const std::string& text : cidrs) {
    const auto range = parse_range(text);
    if (!range)
      return fail(Code::invalid, "'" + text + "' is no network; write it like 10.0.0.0/8 or fd00::/8",
                  std::string(setting));
    networks.ranges_.push_back(*range);
  }
  return networks;
}

bool Networks::contains(std::string_view address) const {
  if (ranges_.empty()) return false;
  const auto bytes = parse_address(address);
  return bytes && contains(*bytes);
}

bool Networks::contains(const Bytes& address) const {
  return std::ranges::any_of(ranges_, [&](const Range& range) {
    const auto whole = static_cast<std::size_t>(range.bits / 8);
    if (std::memcmp(range.bytes.data(), address.data(), whole) != 0) return false;
    if (range.bits % 8 == 0) return true;
    const auto mask = static_cast<unsigned char>(0xff << (8 - range.bits % 8));
    return ((range.bytes[whole] ^ address[whole]) & mask) == 0;
  });
}

}  // namespace certes::http
