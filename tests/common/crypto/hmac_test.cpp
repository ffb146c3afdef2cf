#include <doctest/doctest.h>

#include <thread>

#include "common/crypto/crypto.hpp"

using namespace certes::crypto;

TEST_CASE("Sha256: the standard's vector") {
  CHECK(hex_encode(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_encode(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("Hmac: GitHub's documented example") {
  const Hmac hmac("It's a Secret to Everybody");
  CHECK(hex_encode(hmac.sign({"Hello, World!"})) == "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
}

TEST_CASE("Hmac: RFC 4231 and RFC 2202 vectors for each algorithm") {
  const std::string_view data = "what do ya want for nothing?";
  CHECK(hex_encode(Hmac("Jefe", Hmac::Algorithm::sha1).sign({data})) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(hex_encode(Hmac("Jefe").sign({data})) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex_encode(Hmac("Jefe", Hmac::Algorithm::sha512).sign({data})) ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST_CASE("Hmac: RFC 4231, keys longer than a block, and as long as one") {
  const std::string key(131, '\xaa');
  const std::string_view data = "Test Using Larger Than Block-Size Key - Hash Key First";
  CHECK(hex_encode(Hmac(key).sign({data})) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hex_encode(Hmac(key, Hmac::Algorithm::sha512).sign({data})) ==
        "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
        "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
  const std::string block(64, 'k');
  CHECK(Hmac(block).sign({data}) != Hmac(block + "k").sign({data}));
  CHECK(Hmac(block + "k").sign({data}) == Hmac(sha256(block + "k")).sign({data}));
}

TEST_CASE("Hmac: parts in a row are one message, and a signature leaves no trace in the next") {
  const Hmac hmac("key");
  const std::string whole = hmac.sign({"abcdef"});
  CHECK(hmac.sign({"ab", "", "cdef"}) == whole);
  CHECK(hmac.sign({"abcdef"}) == whole);
  const Hmac copy = hmac;
  CHECK(copy.sign({"abcdef"}) == whole);
}

TEST_CASE("Hmac: an empty key and an empty message are values like others") {
  CHECK(hex_encode(Hmac("").sign({})) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("Hmac: threads sign with one context at once") {
  const Hmac hmac("key");
  const std::string expected = hmac.sign({"message"});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) wrong += hmac.sign({"mess", "age"}) != expected;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("equal_constant_time: says what == says") {
  CHECK(equal_constant_time("", ""));
  CHECK(equal_constant_time("abc", "abc"));
  CHECK_FALSE(equal_constant_time("abc", "abd"));
  CHECK_FALSE(equal_constant_time("abc", "ab"));
}
