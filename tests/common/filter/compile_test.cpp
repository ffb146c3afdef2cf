// What is an expression, and what is refused, with its place.
#include "tests/common/filter/fixture.hpp"

namespace certes::filter {
namespace {

struct Refused {
  const char* text;
  const char* why;
};

TEST_CASE("Filter: what is no expression is refused, with line, column and what was expected") {
  for (const auto& [text, why] : std::vector<Refused>{
           {"", "line 1, column 1: expected a value"},
           {"   ", "line 1, column 4: expected a value"},
           {"true &&", "line 1, column 8: expected a value"},
           {"true\n  && )", "line 2, column 6: expected a value"},
           {"data.a =", "line 1, column 8: expected an operator or the end"},
           {"data.a = 1", "line 1, column 8: expected an operator or the end"},
           {"data.a == 1 2", "line 1, column 13: expected an operator or the end"},
           {"(data.a == 1", "line 1, column 13: expected an operator, \",\" or \")\""},
           {"data.a in [1, 2", "line 1, column 16: expected an operator, \",\" or \"]\""},
           {"data.a == {\"a\": 1", "line 1, column 18: expected an operator, \",\" or \"}\""},
           {"data.a == {\"a\" 1}", "line 1, column 16: expected an operator or \":\""},
           {"data.", "line 1, column 6: expected the name of a member or function behind the dot"},
           {"data.1", "line 1, column 6: expected the name of a member or function behind the dot"},
           {"data.in", "line 1, column 6: expected the name of a member or function behind the dot"},
           {"data.a.exists(1, true)", "line 1, column 15: expected the name of a variable"},
           {"data.a.exists(x true)", "line 1, column 17: expected \",\""},
           {"data.a ? true", "line 1, column 14: expected an operator or \":\""},
           {"data.a ? true ? 1 : 2 : 3", "line 1, column 15: expected an operator or \":\""},
           {"\"a", "line 1, column 3: expected the end of the string"},
           {"'a\n'", "line 1, column 3: expected the end of the string"},
           {"\"ä\\q\"",
            "line 1, column 4: expected one of CEL's escapes: \\n and the like, \\xHH, \\uHHHH, \\UHHHHHHHH or "
            "three octal digits"},
           {"b\"a\" == data.a", "line 1, column 2: bytes (b\"…\") are not among what filters have"},
           {"1u == data.a", "line 1, column 2: expected the end of the number: it has no suffix here"},
           {".data.a == 1", "line 1, column 1: expected a value"},
       }) {
    CAPTURE(text);
    CHECK(refusal(text) == why);
  }
}

TEST_CASE("Filter: what no event could make right is refused") {
  for (const auto& [text, why] : std::vector<Refused>{
           {"total > 5",
            "line 1, column 1: there is no \"total\", only data, event, headers and query; did you mean data.total?"},
           {"data.a && type == \"b\"",
            "line 1, column 11: there is no \"type\", only data, event, headers and query; did you mean event.type?"},
           {"data.a.all(x, true) && x",
            "line 1, column 24: there is no \"x\", only data, event, headers and query; did you mean data.x?"},
           {"event.Type == \"a\"",
            "line 1, column 7: no event has \"Type\": attributes are id, type, source, subject, time, "
            "tenant, partition_key, and extensions of small letters and digits"},
           {"headers[\"X-Event\"] == \"a\"",
            "line 1, column 8: the names of headers are in small letters here, not \"X-Event\""},
           {"dat && t[t]",
            "line 1, column 1: there is no \"dat\", only data, event, headers and query; did you mean data.dat?"},
           {"while", "line 1, column 1: \"while\" is a word that CEL keeps for itself"},
           {"data.a.all(for, true)", "line 1, column 12: \"for\" is a word that CEL keeps for itself"},
           {"data.total + 1.5", ""},
           {"1 + 2", "line 1, column 3: the filter gives an int, not true or false"},
           {"\"a\"", "line 1, column 1: the filter gives a string, not true or false"},
           {"event.type", "line 1, column 7: the filter gives a string, not true or false"},
           {"[true]", "line 1, column 1: the filter gives a list, not true or false"},
           {"data.a && \"b\"", "line 1, column 8: \"&&\" takes true or false, not a string"},
           {"!event.type", "line 1, column 1: \"!\" takes true or false, not a string"},
           {"-event.type == data.a", "line 1, column 1: \"-\" takes a number, not a string"},
           {"event.type < 5", "line 1, column 12: \"<\" does not take a string and an int"},
           {"null < data.a", "line 1, column 6: \"<\" does not take null and any value"},
           {"data.a + true == 1", "line 1, column 8: \"+\" does not take any value and true or false"},
           {"1.5 % 2 == 1", "line 1, column 5: \"%\" does not take a double and an int"},
           {"data.a in \"abc\"", "line 1, column 8: \"in\" does not take any value and a string"},
           {"1 ? true : false", "line 1, column 3: \"?\" takes true or false, not an int"},
           {"size(5) == 1", "line 1, column 1: \"size\" takes a string, a list or a map, not an int"},
           {"size(data.a, 1) == 1", "line 1, column 1: \"size\" is written size(x) or x.size()"},
           {"data.a.startsWith(1)", "line 1, column 8: \"startsWith\" takes strings, not an int"},
           {"startsWith(data.a, \"b\")",
            "line 1, column 1: \"startsWith\" is written behind a dot: text.startsWith(part)"},
           {"data.a.contains()", "line 1, column 8: \"contains\" is written with one argument behind a dot"},
           {"data.a.matches(data.b)", "line 1, column 21: the regular expression of \"matches\" is a text in quotes"},
           {"data.a.matches(\"(\")",
            "line 1, column 16: the text is no regular expression that RE2 takes: missing ): ("},
           {"timestamp(data.a) < timestamp(data.b)",
            "line 1, column 1: the function \"timestamp\" is not among those that filters have: size, startsWith, "
            "endsWith, contains, matches, has, all, exists, exists_one"},
           {"data.a.map(x, x) == [1]",
            "line 1, column 12: there is no \"x\", only data, event, headers and query; did you "
            "mean data.x?"},
           {"data.a.lowerAscii() == \"a\"",
            "line 1, column 8: the function \"lowerAscii\" is not among those that filters have: size, startsWith, "
            "endsWith, contains, matches, has, all, exists, exists_one"},
           {"has(data)", "line 1, column 1: \"has\" takes a member, as in has(data.total)"},
           {"has(data[\"a\"])", "line 1, column 1: \"has\" takes a member, as in has(data.total)"},
           {"\"a\".b == 1", "line 1, column 5: a string has no members"},
           {"true[0]", "line 1, column 5: true or false has no members and no items"},
           {"\"abc\".all(x, true)", "line 1, column 7: only lists and maps are gone through, not a string"},
           {"data.a.all(x, 1)", "line 1, column 8: the condition gives an int, not true or false"},
           {"{1: 2} == data.a", "line 1, column 2: the names in a map are texts in quotes"},
           {"{\"a\": 1, \"a\": 2} == data.a", "line 1, column 10: \"a\" stands twice in the map"},
           {"data.a == 9223372036854775808", "line 1, column 11: the number does not fit 64 bits"},
           {"data.a == 1e999", "line 1, column 11: the number does not fit a double"},
           {"data.a == \"\\ud800\"", "line 1, column 14: the escape is no character of Unicode"},
       }) {
    CAPTURE(text);
    CHECK(refusal(text) == why);
  }
}

TEST_CASE("Filter: strings may be written in all ways of CEL") {
  for (const auto& [written, text] : NamesAndValues{
           {R"("a\"b'c")", R"(a"b'c)"},
           {R"('a"b\'c')", R"(a"b'c)"},
           {R"('''a'b
''c''')",
            "a'b\n''c"},
           {R"("""a"b""")", R"(a"b)"},
           {R"(r"\d\n")", R"(\d\n)"},
           {R"(R'\d"')", R"(\d")"},
           {R"(r"""a"\""")", R"(a"\)"},
           {R"("\a\b\f\n\r\t\v\\\?\"\'\`")", "\a\b\f\n\r\t\v\\?\"'`"},
           {R"("\x41\X42\u00e4\U0001F600\101")", "AB\u00e4\U0001F600A"},
           {R"("")", ""},
           {R"("a//b")", "a//b"},
       }) {
    CAPTURE(written);
    std::string payload = "{\"a\":\"";
    for (const char c : text) {
      char escaped[8];
      if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\')
        std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
      else
        std::snprintf(escaped, sizeof escaped, "%c", c);
      payload += escaped;
    }
    CHECK(said("data.a == " + written, payload + "\"}") == "true");
    CHECK(said("data.a == " + written, payload + "!\"}") == "false");
  }
}

TEST_CASE("Filter: space and comments stand anywhere between words") {
  CHECK(said("// of large orders\n data . a // not b\n [ 0 ] . size ( ) == 1 && ! has ( data . b )",
             R"({"a":["x"]})") == "true");
  CHECK(said("!// not !\n!true", "{}") == "true");
  CHECK(said("true//", "{}") == "true");
}

TEST_CASE("Filter: operators bind as in CEL") {
  for (const char* text : {"1 + 2 * 3 == 7",
                           "(1 + 2) * 3 == 9",
                           "10 - 2 - 3 == 5",
                           "-2 * -3 == 6",
                           "7 / 2 * 2 == 6",
                           "1 < 2 == true",
                           "true || false && false",
                           "!false && !false",
                           "!!true",
                           "- -1 == 1",
                           "--1 == 1",
                           "false ? false : true ? true : false",
                           "1 in [1] == true",
                           "2 - 1 - 1 == 0",
                           "data.list[0].size() == 1",
                           "-9223372036854775808 < 0",
                           "0xFf == 255",
                           "-0x10 == -16",
                           ".5 + 1e0 == 1.5",
                           "1.5e3 == 1500.0"}) {
    CAPTURE(text);
    CHECK(said(text, R"({"list":["a"]})") == "true");
  }
}

TEST_CASE("Filter: as JSON, a string is an expression and an object is operators; anything else is refused") {
  CHECK(compile(R"("data.a == \"b\"")").has_value());
  CHECK(compile(R"({"data":{"a":"b"}})").has_value());
  for (const char* json : {"5", "[]", "null", "true"})
    CHECK(compile(json).error().message == "a filter is a text with a CEL expression, or an object of operators");
  CHECK(compile("{").error().message.starts_with("not JSON"));
}

}  // namespace
}  // namespace certes::filter
