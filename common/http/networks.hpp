#pragma once
// Networks: a list of CIDRs, asked whether an address is in one of them. IPv4 addresses and their IPv4-mapped IPv6 form
// are the same. Who: AddressPolicy, the gateway (trusted proxies). Immutable, any thread.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace certes::http {

class Networks {
 public:
  Networks() = default;  // contains nothing
  // "10.0.0.0/8", "fd00::/8", or an address alone. Error: invalid with which one is none; `setting` is its pointer.
  static Result<Networks> make(const std::vector<std::string>& cidrs, std::string_view setting);

  bool empty() const { return ranges_.empty(); }
  // Of no address: false. Allocates nothing.
  bool contains(std::string_view address) const;
  // What makes "10.0.0.1" and "::ffff:10.0.0.1" the same; nothing if it is no address.
  using Bytes = std::array<unsigned char, 16>;
  static std::optional<Bytes> parse_address(std::string_view text);
  bool contains(const Bytes& address) const;

 private:
  struct Range {
    Bytes bytes{};
    int bits = 0;
  };
  static std::optional<Range> parse_range(std::string_view text);
  std::vector<Range> ranges_;
};

}  // namespace certes::http
