// Who may be dialled: the ranges that are refused unless the operator allows them, and the check of endpoint URLs.

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "common/http/sender.hpp"

namespace certes::http {

namespace {

using Bytes = std::array<unsigned char, 16>;

struct Cidr {
  Bytes bytes{};
  int bits = 0;
};

// IPv4 stands as ::ffff:a.b.c.d, so that both ways to write an address are one.
std::optional<Bytes> parse_address(std::string_view text) {
  text = text.substr(0, text.find('%'));  // a zone does not change the range
  const std::string copy(text);
  Bytes bytes{};
  if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return bytes;
  bytes[10] = bytes[11] = 0xff;
  if (::inet_pton(AF_INET, copy.c_str(), bytes.data() + 12) == 1) return bytes;
  return std::nullopt;
}

std::optional<Cidr> parse_cidr(std::string_view text) {
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
  return Cidr{*bytes, bits + 128 - width};
}

bool contains(const unsigned char* range, int bits, const Bytes& address) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(range, address.data(), whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff << (8 - bits % 8));
  return ((range[whole] ^ address[whole]) & mask) == 0;
}

struct Refused {
  const char* cidr;
  const char* what;
  Cidr range{};
};

const std::vector<Refused>& refused_ranges() {
  static const std::vector<Refused> ranges = [] {
    std::vector<Refused> list{{"0.0.0.0/8", "this network"},
                              {"10.0.0.0/8", "private"},
                              {"100.64.0.0/10", "shared by carriers"},
                              {"127.0.0.0/8", "loopback"},
                              {"169.254.0.0/16", "link-local"},
                              {"172.16.0.0/12", "private"},
                              {"192.0.0.0/24", "protocol assignments"},
                              {"192.0.2.0/24", "documentation"},
                              {"192.88.99.0/24", "6to4 relays"},
                              {"192.168.0.0/16", "private"},
                              {"198.18.0.0/15", "benchmarks"},
                              {"198.51.100.0/24", "documentation"},
                              {"203.0.113.0/24", "documentation"},
                              {"224.0.0.0/4", "multicast"},
                              {"240.0.0.0/4", "reserved"},
                              {"::/128", "unspecified"},
                              {"::1/128", "loopback"},
                              {"fe80::/10", "link-local"},
                              {"fc00::/7", "private"},
                              {"ff00::/8", "multicast"},
                              {"2001:db8::/32", "documentation"},
                              {"3fff::/20", "documentation"},
                              {"100::/64", "discard"},
                              {"2002::/16", "6to4"},
                              {"64:ff9b::/96", "NAT64"},
                              {"64:ff9b:1::/48", "NAT64"},
                              {"5f00::/16", "segment routing"},
                              {"2001::/32", "Teredo"}};
    for (Refused& entry : list) entry.range = parse_cidr(entry.cidr).value();
    return list;
  }();
  return ranges;
}

}  // namespace

Result<AddressPolicy> AddressPolicy::make(const std::vector<std::string>& allow) {
  AddressPolicy policy;
  for (const std::string& text : allow) {
    const auto cidr = parse_cidr(text);
    if (!cidr)
      return fail(Code::invalid, "'" + text + "' is no network; write it like 10.0.0.0/8 or fd00::/8",
                  "dispatcher.allow_networks");
    Range range{};
    std::copy(cidr->bytes.begin(), cidr->bytes.end(), range.bytes);
    range.bits = cidr->bits;
    policy.allow_.push_back(range);
  }
  return policy;
}

std::optional<std::string> AddressPolicy::refusal(std::string_view address) const {
  const auto bytes = parse_address(address);
  if (!bytes) return "'" + std::string(address) + "' is no IP address";
  for (const Range& range : allow_)
    if (contains(range.bytes, range.bits, *bytes)) return std::nullopt;
  for (const Refused& entry : refused_ranges())
    if (contains(entry.range.bytes.data(), entry.range.bits, *bytes))
      return std::string(address) + " is in " + entry.cidr + " (" + entry.what +
             "), which is not dialled unless dispatcher.allow_networks allows it";
  return std::nullopt;
}

}  // namespace certes::http
