#include "common/base/printable.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace certes;

TEST_CASE("Printable: text stays as it is, in any script, with its line ends and tabs") {
  for (const char* text : {"", "plain text", "a\tb\nc\r\nd",
                           "Größe 100 € \xf0\x9f\x98\x80 \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", "\xc2\xa0", "\\u001b"})
    CHECK(printable(text) == text);
}

TEST_CASE("Printable: no control character gets to the terminal") {
  for (int c = 0; c < 0x20; ++c) {
    if (c == '\n' || c == '\t') continue;
    const std::string text = std::string("a") + static_cast<char>(c) + "b";
    const std::string shown = printable(text);
    CAPTURE(c);
    CHECK(shown.find(static_cast<char>(c)) == std::string::npos);
    CHECK(shown.starts_with("a\\u00"));
    CHECK(shown.ends_with("b"));
  }
  CHECK(printable("\x1b[31m") == "\\u001b[31m");
  CHECK(printable("\x7f") == "\\u007f");
  CHECK(printable("good\rbad") == "good\\u000dbad");
  CHECK(printable("good\r\r\nbad") == "good\\u000d\r\nbad");
  CHECK(printable("end\r") == "end\\u000d");
}

TEST_CASE("Printable: nor one of C1, as UTF-8 or as a byte") {
  for (int c = 0x80; c <= 0x9f; ++c) {
    CAPTURE(c);
    const std::string encoded = {static_cast<char>(0xc2), static_cast<char>(c)};
    CHECK(printable(encoded).starts_with("\\u00"));
    CHECK(printable(std::string(1, static_cast<char>(c))) == "\xef\xbf\xbd");
  }
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\u009b31m");
}

TEST_CASE("Printable: nothing turns the direction of the text") {
  for (const char* turn : {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    CHECK(printable(turn).starts_with("\\u20"));
    CHECK(printable(turn).size() == 6);
  }
  CHECK(printable("\u2029\u206a\u200b") == "\u2029\u206a\u200b");
}

TEST_CASE("Printable: what is no UTF-8 is shown as that, and hides nothing behind it") {
  CHECK(printable("a\xff"
                  "b") ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(printable("\xc0\x9b") == "\xef\xbf\xbd\xef\xbf\xbd");  // overlong
  CHECK(printable("\xe0\x82\x9b") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(printable("\xc3\x1b[0m") == "\xef\xbf\xbd\\u001b[0m");
  CHECK(printable("\xe2\x80") == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(printable("\xed\xa0\x80").find("\xed") == std::string::npos);  // a surrogate
}

TEST_CASE("Printable: one line stays one, and a block does not look like lines of ours") {
  CHECK(printable_line("a\nb\tc\r\nd") == "a\\u000ab\\u0009c\\u000d\\u000ad");
  CHECK(printable_block("a\nb\r\nc", "  ") == "a\n  b\r\n  c");
}
