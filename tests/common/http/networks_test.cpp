#include "common/http/networks.hpp"

#include <doctest/doctest.h>

using certes::http::Networks;

namespace {

Networks networks(const std::vector<std::string>& cidrs) {
  auto made = Networks::make(cidrs, "x");
  REQUIRE(made);
  return std::move(*made);
}

}  // namespace

TEST_CASE("Networks: hold the addresses of their ranges, to the bit, in either family") {
  const auto some = networks({"10.0.0.0/8", "192.168.4.0/22", "fd00::/8", "203.0.113.7"});
  for (const char* address :
       {"10.0.0.0", "10.255.255.255", "192.168.7.255", "fdff::1", "203.0.113.7", "fd00::1%eth0", "::ffff:10.1.2.3"})
    CHECK_MESSAGE(some.contains(address), address);
  for (const char* address : {"11.0.0.0", "9.255.255.255", "192.168.8.0", "192.168.3.255", "fc00::1", "203.0.113.6",
                              "::10.1.2.3", "", "10.0.0", "10.0.0.1.2", "host", "10.0.0.1 "})
    CHECK_FALSE_MESSAGE(some.contains(address), address);
}

TEST_CASE("Networks: none hold nothing, those of no bits hold their family") {
  CHECK(Networks().empty());
  CHECK_FALSE(Networks().contains("127.0.0.1"));
  CHECK(networks({"0.0.0.0/0"}).contains("8.8.8.8"));
  CHECK_FALSE(networks({"0.0.0.0/0"}).contains("2001:db8::1"));
  CHECK(networks({"::/0"}).contains("8.8.8.8"));
}

TEST_CASE("Networks: what is none is named, with its setting") {
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "fd00::/129", "fe80::1%eth0/64", "net"}) {
    const auto made = Networks::make({"10.0.0.0/8", text}, "gateway.trusted_proxies");
    REQUIRE_FALSE(made);
    CHECK(made.error().pointer == "gateway.trusted_proxies");
    CHECK(made.error().message.find(std::string("'") + text + "'") != std::string::npos);
  }
}
