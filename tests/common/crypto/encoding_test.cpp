#include <doctest/doctest.h>

#include "common/crypto/crypto.hpp"

using namespace certes::crypto;

TEST_CASE("base64: RFC 4648 vectors, both ways") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    CHECK(base64_encode(plain) == text);
    CHECK(base64_decode(text) == std::string(plain));
  }
}

TEST_CASE("base64: refuses what is not the one text of a value") {
  for (const char* text :
       {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v\n", "Zm-v", "Z===", "====", "=", "Zg==Zg==", " Zg="}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
}

TEST_CASE("base64: random bytes of every length survive") {
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string bytes = random_bytes(size);
    CHECK(base64_decode(base64_encode(bytes)) == bytes);
    CHECK(hex_decode(hex_encode(bytes)) == bytes);
  }
}

TEST_CASE("base64url: has no padding and its own two characters") {
  CHECK(base64url_encode("\xfb\xff") == "-_8");
  CHECK(base64url_encode("f") == "Zg");
}

TEST_CASE("hex: reads both cases, refuses the rest") {
  CHECK(hex_encode(std::string("\x00\xaf\x10", 3)) == "00af10");
  CHECK(hex_decode("00AF10") == std::string("\x00\xaf\x10", 3));
  for (const char* text : {"0", "0g", "0x00", " 00", "00 "}) CHECK_FALSE(hex_decode(text));
}
