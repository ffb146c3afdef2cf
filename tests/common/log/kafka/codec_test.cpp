#include "common/log/kafka/codec.hpp"

#include <doctest/doctest.h>

#include "common/base/random.hpp"

namespace certes::log::kafka {

TEST_CASE("Kafka metadata: any bytes come back, as text without NUL") {
  Random random(7);
  for (std::size_t size = 0; size <= 3'072; size += size < 16 ? 1 : 191) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(random.bits()));
    const std::string text = encode_metadata(bytes);
    CHECK(text.size() <= 4'096);
    CHECK(text.find('\0') == std::string::npos);
    CHECK(decode_metadata(text) == bytes);
  }
  CHECK(encode_metadata("any carnal pleas") == "YW55IGNhcm5hbCBwbGVhcw==");
}

TEST_CASE("Kafka metadata: what is no base64 is not ours") {
  for (const char* text : {"abc", "a-b_", "{\"offset\":1}", "ab=c"}) CHECK_FALSE(decode_metadata(text).has_value());
}

TEST_CASE("Kafka headers: none for none, and each in order with its bytes") {
  CHECK(to_headers(Headers()) == nullptr);
  Headers headers;
  headers.add("a", std::string("x\0y", 3));
  headers.add("a", "");
  const RdHeaders made = to_headers(headers);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  REQUIRE(rd_kafka_header_get_all(made.get(), 0, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR);
  CHECK(std::string_view(static_cast<const char*>(value), size) == std::string_view("x\0y", 3));
  REQUIRE(rd_kafka_header_get_all(made.get(), 1, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR);
  CHECK(std::string_view(name) == "a");
  CHECK(size == 0);
}

}  // namespace certes::log::kafka
