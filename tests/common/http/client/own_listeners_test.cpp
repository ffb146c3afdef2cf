#include "common/http/own_listeners.hpp"

#include <doctest/doctest.h>

#include "common/http/client/sender.hpp"
#include "tests/common/http/client/sender_fixture.hpp"
#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

bool contains(const std::vector<std::string>& listeners, std::string_view address, std::uint16_t port) {
  OwnListeners own;
  own.set(listeners);
  return own.contains(Networks::parse_address(address).value(), port);
}

}  // namespace

TEST_CASE("OwnListeners: the address and port that were bound, however they are written") {
  CHECK(contains({"127.0.0.1:9600"}, "127.0.0.1", 9600));
  CHECK(contains({"127.0.0.1:9600"}, "::ffff:127.0.0.1", 9600));
  CHECK_FALSE(contains({"127.0.0.1:9600"}, "127.0.0.1", 9601));
  CHECK_FALSE(contains({"127.0.0.1:9600"}, "127.0.0.2", 9600));
  CHECK(contains({"10.1.2.3:80", "[2001:db8::1]:9610"}, "2001:db8::1", 9610));
  CHECK_FALSE(contains({}, "127.0.0.1", 9600));
}

TEST_CASE("OwnListeners: an unspecified address is this machine, dialled or listened on") {
  CHECK(contains({"127.0.0.1:9600"}, "0.0.0.0", 9600));
  CHECK(contains({"[::1]:9600"}, "::", 9600));
  for (const char* everywhere : {"0.0.0.0:9600", "[::]:9600"}) {
    CAPTURE(everywhere);
    CHECK(contains({everywhere}, "127.0.0.1", 9600));
    CHECK(contains({everywhere}, "127.8.8.8", 9600));
    CHECK(contains({everywhere}, "::1", 9600));
    CHECK_FALSE(contains({everywhere}, "127.0.0.1", 9610));
    CHECK_FALSE(contains({everywhere}, "192.0.2.77", 9600));
  }
}

TEST_CASE("AddressPolicy: our own listeners are refused, however allowed, also by its copies") {
  const AddressPolicy policy = AddressPolicy::make({"0.0.0.0/0", "::/0"}).value();
  const AddressPolicy copy = policy;
  CHECK_FALSE(copy.refusal("127.0.0.1", 9610));
  policy.own_listeners().set({"127.0.0.1:9610"});
  const auto refusal = copy.refusal("127.0.0.1", 9610);
  REQUIRE(refusal);
  CHECK(refusal->find("listener of Certes itself") != std::string::npos);
  CHECK_FALSE(copy.refusal("127.0.0.1", 9611));
  CHECK(check_url("http://127.0.0.1:9610/api", copy).error().message.find("itself") != std::string::npos);
  CHECK(check_url("http://0x7f000001:9610/", copy).error().message.find("itself") != std::string::npos);
  CHECK(check_url("http://127.0.0.1:9611/", copy));
  policy.own_listeners().set({"127.0.0.1:443", "127.0.0.1:80"});
  CHECK_FALSE(check_url("https://127.0.0.1/", copy));  // a port that is not written counts
  CHECK_FALSE(check_url("http://127.0.0.1/", copy));
}

TEST_CASE("Sender: no packet goes to a listener of our own, by address or by name") {
  TestServer test;
  test.start();
  TestSender sending;
  const std::string port = std::to_string(test.server.port());
  sending.policy.own_listeners().set({"127.0.0.1:" + port});
  const TransferResult literal = sending.one("http://127.0.0.1:" + port + "/hello");
  CHECK(literal.error == TransferError::refused_address);
  CHECK(literal.message.find("itself") != std::string::npos);
  CHECK(sending.one("http://localhost:" + port + "/hello").status == 0);
  CHECK(test.server.stats().accepted == 0);
}
