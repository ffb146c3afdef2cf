#include "common/config/toml.hpp"

#include <doctest/doctest.h>

using namespace certes::config;
using Kind = TomlValue::Kind;

TEST_CASE("TOML: values keep their kinds and lines, members the order of the file") {
  const auto root =
      parse_toml("z = 1\na = \"x\"\nr = 1.5\nb = true\nt = 2026-01-31T08:00:00Z\n\n[[list]]\nid = \"one\"\n", "f.toml");
  REQUIRE(root.has_value());
  REQUIRE(root->members.size() == 6);
  CHECK(root->members[0].name == "z");
  CHECK(root->members[0].value.integer == 1);
  CHECK(root->members[1].value.text == "x");
  CHECK(root->members[1].line == 2);
  CHECK(root->find("r")->real == 1.5);
  CHECK(root->find("b")->boolean);
  CHECK(root->find("t")->kind == Kind::time);
  CHECK(root->find("t")->text == "2026-01-31T08:00:00Z");
  const TomlValue* list = root->find("list");
  REQUIRE(list);
  REQUIRE(list->items.size() == 1);
  CHECK(list->items[0].find("id")->text == "one");
  CHECK(list->items[0].line == 7);
  CHECK(root->find("nothing") == nullptr);
}

TEST_CASE("TOML: an error names file and line") {
  const auto root = parse_toml("a = 1\nb = = 2\n", "f.toml");
  REQUIRE_FALSE(root.has_value());
  CHECK(root.error().message.starts_with("f.toml:2: "));
}

TEST_CASE("Files: a missing one and a too large one are told apart") {
  CHECK(read_file("/nowhere/x").error().code == certes::Code::not_found);
  CHECK(read_file("/dev/zero", 100).error().code == certes::Code::invalid);
}

// Found by fuzzing: the parser ended the process.
TEST_CASE("TOML: a date that does not go on as one is refused with its line") {
  for (const std::string value : {"1979-05-27Tx", "1979-05-27T", "1979-05-27T-2:00Z", "1979-05-27t\x01"}) {
    CAPTURE(value);
    const auto parsed = parse_toml("a = 1\nb = 2\nc = " + value + "\nd = 3\n", "file.toml");
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message.starts_with("file.toml:3: "));
  }
}

// Found by fuzzing: what the parser did was undefined.
TEST_CASE("TOML: beyond ASCII there are strings and comments, a mark at the start, and nothing else") {
  const std::string letter = "\xC3\xA9", space = "\xC2\xA0", high = "\xEF\xBB\xA6", mark = "\xEF\xBB\xBF";
  for (const std::string& odd : {letter, space, high, mark})
    for (const std::string& line : {"k = " + odd + "1", odd + " = 1", "k = 1" + odd, "k = '''a'''" + odd,
                                    "k = \"a\\\"b\"" + odd, "[" + odd + "]", "k = 'a\\'" + odd, "k = \"a\n" + odd}) {
      CAPTURE(line);
      const auto parsed = parse_toml("a = 1\n" + line + "\n", "file.toml");
      REQUIRE_FALSE(parsed);
      CHECK(parsed.error().message.starts_with("file.toml:"));
    }
  const auto message = [](const std::string& text) { return parse_toml(text, "f").error().message; };
  CHECK(message("a = 1\nb = \n" + letter) ==
        "f:3: a character that is not ASCII may stand in strings and comments only");
  for (const std::string& text : {mark + "a = 1", "a = '" + letter + "' # " + letter, "a = \"\\\"" + letter + "\"",
                                  "a = '''\n'" + letter + "'''''\nb = 2",
                                  "a = \"\"\"\\\"\"\"" + letter + "\n\"\"\"\"\"", "\"" + letter + "\" = 1"}) {
    CAPTURE(text);
    const auto parsed = parse_toml(text, "file.toml");
    CHECK_MESSAGE(parsed, parsed.error().message);
  }
}

TEST_CASE("Toml: what is nested without end, by brackets or by dots, is refused with its line") {
  const auto many = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  for (const int times : {40, 50'000}) {
    for (const std::string& text :
         {"a = " + many("[", times) + many("]", times), "a = " + many("{b = ", times) + "1" + many("}", times),
          many("a.", times) + "a = 1", "[" + many("a.", times) + "a]", "a = " + many("[", times),
          "a = {" + many("b.", times) + "c = 1}"}) {
      const auto parsed = parse_toml("x = 1\n" + text, "f");
      REQUIRE_FALSE(parsed);
      CHECK(parsed.error().message.starts_with("f:2: "));
    }
  }
  CHECK(parse_toml("a = " + many("[", 20) + many("]", 20), "f"));
  CHECK(
      parse_toml("a = [1.5, 2.5" + many(", 1.5", 100) + "]\nb = \"" + many("[.", 100) + "\" # " + many("[", 100), "f"));
}
