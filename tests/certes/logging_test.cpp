#include "certes/logging.hpp"

#include <doctest/doctest.h>

using namespace certes;

TEST_CASE("Logging: a line is its time, its level and its message") {
  CHECK(logging::text_line(1'700'000'000'123, "warning", "endpoint default/billing fails") ==
        "2023-11-14T22:13:20.123Z warning endpoint default/billing fails\n");
}

TEST_CASE("Logging: what others wrote makes no line of its own, and no terminal obeys it") {
  CHECK(logging::text_line(0, "info", "a\nb\x1b[31m\xff") ==
        "1970-01-01T00:00:00.000Z info a\\u000ab\\u001b[31m\xef\xbf\xbd\n");
}

TEST_CASE("Logging: as JSON each line is an object, whatever stands in it") {
  CHECK(logging::json_line(0, "info", "said \"no\\\"\n\x1b \xff é") ==
        "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\","
        "\"message\":\"said \\\"no\\\\\\\"\\u000a\\u001b \xef\xbf\xbd é\"}\n");
}
