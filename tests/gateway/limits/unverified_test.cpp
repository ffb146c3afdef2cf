#include "gateway/limits/unverified.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace std::chrono_literals;
using gateway::ingest::Unverified;

namespace {

const SteadyTime kNow{1'000s};

}  // namespace

TEST_CASE("Unverified: so many may fail a second, in a burst; then one for each that is paid off") {
  Unverified unverified(4, 64);
  const auto sender = unverified.sender("default", "shop", "203.0.113.7");
  for (int i = 0; i < 4; ++i) {
    CHECK(unverified.wait(sender, kNow) == 0ns);
    unverified.failed(sender, 0us, kNow);
  }
  CHECK(unverified.wait(sender, kNow) == 250ms);
  CHECK(unverified.wait(sender, kNow + 250ms) == 0ns);
  unverified.failed(sender, 0us, kNow + 250ms);
  CHECK(unverified.wait(sender, kNow + 250ms) == 250ms);
  CHECK(unverified.wait(sender, kNow + 2s) == 0ns);
}

TEST_CASE(
    "Unverified: what is dear counts for as many as it takes milliseconds, and nobody waits for more than two "
    "seconds") {
  Unverified unverified(100, 64);
  const auto sender = unverified.sender("default", "shop", "203.0.113.7");
  unverified.failed(sender, 99'000us, kNow);
  CHECK(unverified.wait(sender, kNow) == 0ns);
  unverified.failed(sender, 40'000us, kNow);
  CHECK(unverified.wait(sender, kNow) == 400ms);
  unverified.failed(sender, 60s, kNow);
  CHECK(unverified.wait(sender, kNow) <= 1'010ms);
}

TEST_CASE("Unverified: counts each source and each address by itself; an IPv6 address is its /64") {
  Unverified unverified(1, 64);
  const auto sender = [&](const char* tenant, const char* source, const char* address) {
    return unverified.sender(tenant, source, address);
  };
  const auto first = sender("default", "shop", "203.0.113.7");
  CHECK(first == sender("default", "shop", "203.0.113.7"));
  CHECK(first == sender("default", "shop", "::ffff:203.0.113.7"));
  CHECK(first != sender("default", "shop", "203.0.113.8"));
  CHECK(first != sender("default", "bank", "203.0.113.7"));
  CHECK(first != sender("acme", "shop", "203.0.113.7"));
  CHECK(sender("default", "shop", "2001:db8:1:2::1") == sender("default", "shop", "2001:db8:1:2:ffff::9"));
  CHECK(sender("default", "shop", "2001:db8:1:2::1") != sender("default", "shop", "2001:db8:1:3::1"));
  CHECK(sender("default", "shop", "") == sender("default", "shop", ""));
}

TEST_CASE("Unverified: memory is fixed; of more addresses than it remembers those go that have least to answer for") {
  Unverified unverified(1, 8);
  const auto worst = unverified.sender("default", "shop", "203.0.113.7");
  unverified.failed(worst, 2'000us, kNow);
  for (int i = 0; i < 100; ++i)
    unverified.failed(unverified.sender("default", "shop", "198.51.100." + std::to_string(i)), 0us, kNow);
  CHECK(unverified.wait(worst, kNow) > 0ns);
}
