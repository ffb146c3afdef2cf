#include <doctest/doctest.h>

#include "common/http/client/sender.hpp"

using certes::http::AddressPolicy;

namespace {

AddressPolicy policy(const std::vector<std::string>& allow = {}) {
  auto made = AddressPolicy::make(allow);
  REQUIRE(made);
  return *made;
}

struct Range {
  const char* name;
  const char* first;
  const char* last;
  const char* before;  // allowed neighbours; nullptr: none, or refused by another range
  const char* after;
};

const Range kRanges[] = {
    {"0.0.0.0/8", "0.0.0.0", "0.255.255.255", nullptr, "1.0.0.0"},
    {"10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
    {"100.64.0.0/10", "100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"},
    {"127.0.0.0/8", "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
    {"169.254.0.0/16", "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"},
    {"172.16.0.0/12", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"},
    {"192.0.0.0/24", "192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"},
    {"192.0.2.0/24", "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"},
    {"192.88.99.0/24", "192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"},
    {"192.168.0.0/16", "192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"},
    {"198.18.0.0/15", "198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"},
    {"198.51.100.0/24", "198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"},
    {"203.0.113.0/24", "203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"},
    {"224.0.0.0/4", "224.0.0.0", "239.255.255.255", "223.255.255.255", nullptr},
    {"240.0.0.0/4", "240.0.0.0", "255.255.255.255", nullptr, nullptr},
    {"::/128", "::", "::", nullptr, nullptr},
    {"::1/128", "::1", "::1", nullptr, nullptr},
    {"::/96", "::2", "::ffff:ffff", nullptr, "::1:0:0"},
    {"::ffff:0:0:0/96", "::ffff:0:0:0", "::ffff:0:ffff:ffff", "::fffe:ffff:ffff:ffff", "::ffff:1:0:0"},
    {"fe80::/10", "fe80::", "febf:ffff::1", "fe7f:ffff::", nullptr},
    {"fec0::/10", "fec0::", "feff:ffff::1", nullptr, nullptr},
    {"fc00::/7", "fc00::", "fdff:ffff::1", "fbff:ffff::", "fe00::"},
    {"ff00::/8", "ff00::", "ffff:ffff::1", nullptr, nullptr},
    {"2001:db8::/32", "2001:db8::", "2001:db8:ffff::1", "2001:db7:ffff::", "2001:db9::"},
    {"3fff::/20", "3fff::", "3fff:fff:ffff::1", "3ffe:ffff::", "3fff:1000::"},
    {"100::/64", "100::", "100::ffff:ffff:ffff:ffff", "ff:ffff::", nullptr},
    {"100:0:0:1::/64", "100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", nullptr, "100:0:0:2::"},
    {"2002::/16", "2002::", "2002:ffff::1", "2001:ffff::", "2003::"},
    {"64:ff9b::/96", "64:ff9b::", "64:ff9b::ffff:ffff", "64:ff9a:ffff::", "64:ff9b::1:0:0"},
    {"64:ff9b:1::/48", "64:ff9b:1::", "64:ff9b:1:ffff::1", "64:ff9b:0:ffff::", "64:ff9b:2::"},
    {"5f00::/16", "5f00::", "5f00:ffff::1", "5eff:ffff::", "5f01::"},
    {"2001::/32", "2001::", "2001:0:ffff::1", "2000:ffff::", nullptr},
    {"2001::/23", "2001:1::", "2001:1ff:ffff::1", nullptr, "2001:200::"},
};

}  // namespace

TEST_CASE("AddressPolicy: refuses each range from its first to its last address, and no more") {
  const AddressPolicy none = policy();
  for (const Range& range : kRanges) {
    CAPTURE(range.name);
    for (const char* address : {range.first, range.last}) {
      const auto refusal = none.refusal(address, 80);
      REQUIRE(refusal);
      CHECK(refusal->find(address) != std::string::npos);
      CHECK(refusal->find(range.name) != std::string::npos);
      CHECK(refusal->find("dispatcher.allow_networks") != std::string::npos);
    }
    if (range.before) CHECK_FALSE(none.refusal(range.before, 80));
    if (range.after) CHECK_FALSE(none.refusal(range.after, 80));
  }
}

TEST_CASE("AddressPolicy: an address that holds an IPv4 one by ISATAP is refused, whatever its prefix") {
  const AddressPolicy none = policy();
  for (const char* address :
       {"2a00:1450::5efe:127.0.0.1", "2a00:1450::200:5efe:8.8.8.8", "2a00:1450::300:5efe:1.2.3.4"})
    CHECK(none.refusal(address, 80)->find("ISATAP") != std::string::npos);
  for (const char* address : {"2a00:1450::5eff:127.0.0.1", "2a00:1450::5efe", "2a00:1450::400:5efe:8.8.8.8"})
    CHECK_FALSE(none.refusal(address, 80));
}

TEST_CASE("AddressPolicy: an IPv4 address within IPv6 is that IPv4 address") {
  CHECK(policy().refusal("::ffff:10.0.0.1", 80));
  CHECK(policy().refusal("::ffff:7f00:1", 80));
  CHECK_FALSE(policy().refusal("::ffff:8.8.8.8", 80));
  CHECK_FALSE(policy({"10.0.0.0/8"}).refusal("::ffff:10.0.0.1", 80));
}

TEST_CASE("AddressPolicy: what the operator allows is dialled, and nothing beside it") {
  const AddressPolicy some = policy({"10.1.0.0/16", "::1/128", "192.168.7.9"});
  CHECK_FALSE(some.refusal("10.1.2.3", 80));
  CHECK(some.refusal("10.2.0.1", 80));
  CHECK_FALSE(some.refusal("::1", 80));
  CHECK(some.refusal("127.0.0.1", 80));
  CHECK_FALSE(some.refusal("192.168.7.9", 80));
  CHECK(some.refusal("192.168.7.10", 80));
  CHECK_FALSE(policy({"0.0.0.0/0"}).refusal("127.0.0.1", 80));
  CHECK(policy({"0.0.0.0/0"}).refusal("::1", 80));
}

TEST_CASE("AddressPolicy: a zone does not hide the range, and what is no address is refused") {
  CHECK(policy().refusal("fe80::1%eth0", 80));
  CHECK(policy().refusal("example.com", 80));
  CHECK(policy().refusal("", 80));
}

TEST_CASE("AddressPolicy: says which network is none") {
  for (const char* bad :
       {"10.0.0.0/33", "10.0.0/8", "::/129", "fd00::/x", "10.0.0.0/", "10.0.0.0/-1", "lan", "", "fe80::1%a/64"}) {
    CAPTURE(bad);
    const auto made = AddressPolicy::make({"10.0.0.0/8", bad});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == certes::Code::invalid);
    CHECK(made.error().message.find("'" + std::string(bad) + "'") != std::string::npos);
  }
}
