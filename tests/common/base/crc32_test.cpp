#include "common/base/crc32.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace certes;

TEST_CASE("CRC-32: the check value of the catalogues, whole and in parts") {
  CHECK(crc32("123456789") == 0xCBF43926u);
  CHECK(crc32("6789", crc32("12345")) == 0xCBF43926u);
  CHECK(crc32({}) == 0);
  CHECK(crc32({}, 0xCBF43926u) == 0xCBF43926u);
  CHECK(crc32(std::string("\0\xff\x80", 3)) != crc32(std::string("\0\xff\x81", 3)));
}
