#include "common/log/sqlite/record_format.hpp"

#include <doctest/doctest.h>

namespace certes::log::sqlite {
namespace {

StoredRecord sample() {
  StoredRecord record;
  record.appended_at = 1'800'000'000'123;
  record.key = std::string("k\0y", 3);
  record.headers.add("ce_type", "order.created");
  record.headers.add("empty", "");
  record.value = std::string("\0\xff", 2);
  return record;
}

}  // namespace

TEST_CASE("Record format: gives back what was put in") {
  for (const std::optional<std::string>& key :
       {std::optional<std::string>(), std::optional<std::string>(""), std::optional<std::string>("key")}) {
    StoredRecord record = sample();
    record.key = key;
    std::string bytes = "left over";
    encode(record, bytes);
    StoredRecord back;
    back.key = "left over";
    REQUIRE(decode(bytes, back));
    CHECK(back.appended_at == record.appended_at);
    CHECK(back.key == record.key);
    CHECK(back.headers.bytes() == record.headers.bytes());
    CHECK(back.value == record.value);
    CHECK(append_time(bytes) == record.appended_at);
  }
}

TEST_CASE("Record format: refuses bytes that are cut within key or headers") {
  const StoredRecord record = sample();
  std::string bytes;
  encode(record, bytes);
  for (std::size_t size = 0; size < bytes.size() - record.value.size(); ++size) {
    StoredRecord back;
    CHECK_FALSE(decode(std::string_view(bytes).substr(0, size), back));
  }
  CHECK_FALSE(append_time("1234567").has_value());
}

}  // namespace certes::log::sqlite
