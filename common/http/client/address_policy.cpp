// Who may be dialled: the ranges that are refused unless the operator allows them, and the check of endpoint URLs.

#include "common/http/client/sender.hpp"

namespace certes::http {

namespace {

struct Refused {
  const char* cidr;
  const char* what;
  Networks range{};
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
                              {"::/96", "IPv4-compatible"},
                              {"::ffff:0:0:0/96", "translated IPv4"},
                              {"fe80::/10", "link-local"},
                              {"fec0::/10", "site-local"},
                              {"fc00::/7", "private"},
                              {"ff00::/8", "multicast"},
                              {"2001:db8::/32", "documentation"},
                              {"3fff::/20", "documentation"},
                              {"100::/64", "discard"},
                              {"100:0:0:1::/64", "dummy"},
                              {"2002::/16", "6to4"},
                              {"64:ff9b::/96", "NAT64"},
                              {"64:ff9b:1::/48", "NAT64"},
                              {"5f00::/16", "segment routing"},
                              {"2001::/32", "Teredo"},
                              {"2001::/23", "protocol assignments"}};
    for (Refused& entry : list) entry.range = std::move(*Networks::make({entry.cidr}, ""));
    return list;
  }();
  return ranges;
}

// RFC 5214, 6.1: whatever its prefix, an address that holds an IPv4 one.
bool is_isatap(const Networks::Bytes& address) {
  return (address[8] & ~0x03) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;
}

}  // namespace

Result<AddressPolicy> AddressPolicy::make(const std::vector<std::string>& allow) {
  auto networks = Networks::make(allow, "dispatcher.allow_networks");
  if (!networks) return fail(std::move(networks.error()));
  AddressPolicy policy;
  policy.allow_ = std::move(*networks);
  return policy;
}

std::optional<std::string> AddressPolicy::refusal(std::string_view address, std::uint16_t port) const {
  const auto bytes = Networks::parse_address(address);
  if (!bytes) return "'" + std::string(address) + "' is no IP address";
  if (own_->contains(*bytes, port))
    return std::string(address) + " port " + std::to_string(port) +
           " is a listener of Certes itself, which is not dialled";
  if (allow_.contains(*bytes)) return std::nullopt;
  for (const Refused& entry : refused_ranges())
    if (entry.range.contains(*bytes))
      return std::string(address) + " is in " + entry.cidr + " (" + entry.what +
             "), which is not dialled unless dispatcher.allow_networks allows it";
  if (is_isatap(*bytes))
    return std::string(address) +
           " is an ISATAP address, which holds an IPv4 one, and is not dialled unless dispatcher.allow_networks allows "
           "it";
  return std::nullopt;
}

}  // namespace certes::http
