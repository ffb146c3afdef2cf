#include "tests/common/event/json_grammar.hpp"

namespace certes::testing {
namespace {

using namespace std::string_literals;

struct Group {
  std::string rule;
  std::vector<std::string> texts;
};

const Group kGroups[] = {
    {"2: a text is one value, no less", {""s, " "s, "\n"s, "\t \r\n"s}},
    {"2: and no more",
     {"1 2", "1,2", "1,", ",1", "null null", "[] []", "[][]", "{}{}", "{} x", "[1]2", "\"a\"\"b\"", "[1],", "1]", "{}}",
      "[]]", "true,", "[] ,", "{}:"}},
    {"2: no other white space",
     {"\v1", "1\f", "[\v]", "[\f1]", "[1\xc2\xa0]", "\xe2\x80\xa8[]", "[]\xe3\x80\x80", "[\xe2\x81\xa0]", "\x1b[]",
      "[]\0"s, "\0[]"s, "[\0]"s, "[1\0]"s}},
    {"2: no comments",
     {"/**/1", "1/**/", "[1,/* two */2]", "[1]// end", "# 1", "[1 # one\n]", "{/**/\"a\":1}", "<!-- -->1"}},
    {"2, 4, 5: what is opened is closed, by its own bracket",
     {"[",  "{",   "[1",        "[1,2",         "{\"a\":1", "{\"a\":[1}", "[{\"a\":1]", "[}",
      "{]", "[1}", "{\"a\":1]", "[[]",          "[[[]]",    "{\"a\":{}",  "]",          "}",
      "][", "}{",  "[\"a\"",    "{\"a\":\"b\"", "[{}",      "[1,[2,[3]"}},
    {"3: the three literal names, in lower case and whole",
     {"Null", "NULL", "nul", "nulll", "n", "True", "TRUE", "tru", "truee", "t", "False", "FALSE", "fals", "falsey",
      "[nul]", "[true1]", "[fals]", "nu\xc4\xbc", "null\"\""}},
    {"3: no other literals",
     {"undefined", "None", "nil", "yes",       "NaN", "[NaN]", "[-NaN]", "Infinity", "[Infinity]", "[-Infinity]",
      "[inf]",     "x",    "[a]", "{\"a\":b}", "()",  "<a>",   "@",      "*",        "&",          "$1"}},
    {"4: members are name, colon, value",
     {"{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{\"a\"=1}", "{\"a\"::1}", "{:1}", "{\"a\":1:2}", "{\"a\",1}", "{\"a\";1}",
      "{1}", "{[]}", "{\"a\":1 2}", "{\"a\":\"b\" \"c\"}"}},
    {"4: a name is a string",
     {"{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{true:1}", "{[]:1}", "{{}:1}", "{-1:0}", "{\"a\":1,b:2}", "{\"a:1}",
      "{a\":1}"}},
    {"4: members have one comma between them, and none before or after",
     {"{,}", "{,\"a\":1}", "{\"a\":1,}", "{\"a\":1,,\"b\":2}", "{\"a\":1 \"b\":2}", "{\"a\":1;\"b\":2}",
      "{\"a\":1,\"b\":2,}", "{\"a\":{},}", "{,,}"}},
    {"5: values have one comma between them, and none before or after",
     {"[,]", "[,1]", "[1,]", "[1,,2]", "[,,]", "[1 2]", "[1;2]", "[1\n2]", "[[],]", "[{},]", "[\"a\" \"b\"]", "[[][]]",
      "[1,\n]", "[1:2]", "[\"a\":1]"}},
    {"6: no sign but one minus before digits",
     {"[+1]", "[+0]", "[--1]", "[-+1]", "[+-1]", "[- 1]", "[-]", "[+]", "[1-]", "[1+]", "[1+2]", "[1-2]", "[-a]",
      "[\xe2\x88\x92"
      "1]"}},
    {"6: no zero before other digits",
     {"[00]", "[01]", "[-01]", "[-00]", "[012]", "[00.5]", "[-012.5]", "[000]", "[01e1]"}},
    {"6: digits on both sides of the point",
     {"[.5]", "[-.5]", "[1.]", "[-1.]", "[0.]", "[.]", "[1..2]", "[1.2.3]", "[1.e1]", "[.e1]", "[1. 5]", "[1 .5]",
      "[1,5.]"}},
    {"6: digits behind e",
     {"[1e]", "[1E]", "[1e+]", "[1E-]", "[1ee1]", "[1e1e1]", "[1e++1]", "[1e+-1]", "[1e1.5]", "[1e .5]", "[1 e1]",
      "[1e 1]", "[e1]", "[-e1]", "[0e]", "[0.5e]", "[1ex]"}},
    {"6: decimal digits of ASCII alone",
     {"[0x10]", "[0xA]", "[0b1]", "[0o7]", "[1_000]", "[1'000]", "[1 000]", "[1a]", "[0a]", "[1.0f]", "[1L]", "[1n]",
      "[\xef\xbc\x91]", "[\xd9\xa1]", "[1\xc2\xb2]", "[1e\xc2\xb2]", "[\xc2\xbd]"}},
    {"6: a number beyond 64 bits or a double is held to the same grammar",
     {"[012345678901234567890]", "[1234567890123456789012.]", "[1e400x]", "[1e400.5]", "[-1e]", "[1e4000 1]",
      "[1e400\"\"]", "[--1e400]", "[.1e400]"}},
    {"7: a string stands between two quotation marks",
     {"\"", "\"a", "a\"", "[\"]", "[\"a]", "[\"a\"b\"]", "['a']", "[`a`]",
      "[\xe2\x80\x9c"
      "a\xe2\x80\x9d]",
      "[\"a\\\"]", "[\"\\\"]", "\"\"\"", "[\"a'] ", "[a\"b\"]", "[\"\\\\\\\"]"}},
    {"7: control characters are escaped",
     {"[\"\0\"]"s, "[\"\x01\"]", "[\"\b\"]", "[\"\t\"]", "[\"\n\"]", "[\"\v\"]", "[\"\f\"]", "[\"\r\"]", "[\"\x1b\"]",
      "[\"\x1f\"]", "[\"a\r\nb\"]", "{\"a\tb\":1}", "{\"\n\":1}"}},
    {"7: no other escapes",
     {R"(["\a"])", R"(["\v"])", R"(["\e"])", R"(["\0"])", R"(["\'"])", R"(["\x41"])", R"(["\101"])", R"(["\U0041"])",
      R"(["\N"])", R"(["\ "])", "[\"\\\n\"]", "[\"\\\0\"]"s, "[\"\\\xc3\xa9\"]", R"(["\u{41}"])", R"(["\B"])",
      R"({"\a":1})"}},
    {"7: \\u has four hexadecimal digits",
     {R"(["\u"])", R"(["\u0"])", R"(["\u00"])", R"(["\u004"])", R"(["\u004g"])", R"(["\u 041"])", R"(["\u-041"])",
      R"(["\u+041"])", R"(["\u0x41"])", R"(["\u00\"])", R"(["\uD83D\u"])", "[\"\\u00\xc3\xa9\"]", R"(["\uGHIJ"])"}},
    {"7: ours: a surrogate stands in a pair",
     {R"(["\uD800"])", R"(["\uDBFF"])", R"(["\uDC00"])", R"(["\uDFFF"])", R"(["\uD800x"])", R"(["\uD800\n"])",
      R"(["\uD800\u0041"])", R"(["\uD800\uD800"])", R"(["\uDC00\uD800"])", R"(["\uD800\\uDC00"])",
      R"(["\uD83D\uD83D\uDE00"])", R"(["\uD800 \uDC00"])", R"({"\uD800":1})"}},
    {"8.1: UTF-8: no byte that never stands in it",
     {"[\"\xc0\"]", "[\"\xc1\xbf\"]", "[\"\xf5\x80\x80\x80\"]", "[\"\xf8\x88\x80\x80\x80\"]", "[\"\xfe\"]",
      "[\"\xff\"]", "\xff", "[\xff]"}},
    {"8.1: UTF-8: whole sequences",
     {"[\"\x80\"]", "[\"\xbf\"]", "[\"\xc3\"]", "[\"\xc3(\"]", "[\"\xe2\x82\"]", "[\"\xe2\x28\xa1\"]",
      "[\"\xf0\x9f\x98\"]", "[\"\xf0\x28\x8c\xbc\"]", "[\"a\xc3", "{\"\xe2\x82\":1}"}},
    {"8.1: UTF-8: the shortest form",
     {"[\"\xc0\x80\"]", "[\"\xc0\xaf\"]", "[\"\xe0\x80\x80\"]", "[\"\xe0\x9f\xbf\"]", "[\"\xf0\x80\x80\x80\"]",
      "[\"\xf0\x8f\xbf\xbf\"]"}},
    {"8.1: UTF-8: no surrogates, nothing above U+10FFFF",
     {"[\"\xed\xa0\x80\"]", "[\"\xed\xbf\xbf\"]", "[\"\xed\xa0\xbd\xed\xb8\x80\"]", "[\"\xf4\x90\x80\x80\"]",
      "[\"\xf7\xbf\xbf\xbf\"]"}},
    {"8.1: no characters of other encodings",
     {"[\"\xe9\"]", "[\"caf\xe9\"]", "\xfe\xff\0[\0]"s, "\xff\xfe[\0]\0"s, "[\0]\0"s, "\0[\0]"s}},
    {"8.1: ours: no byte order mark before a text",
     {"\xef\xbb\xbf{}", "\xef\xbb\xbf[]", "\xef\xbb\xbf", "\xef\xbb\xbf 1", "[\xef\xbb\xbf]", "[]\xef\xbb\xbf"}},
    {"9: ours: no deeper than 256",
     {repeated("[", 300) + repeated("]", 300), repeated("{\"a\":", 300) + "1" + repeated("}", 300),
      repeated("[{\"a\":", 150) + "1" + repeated("}]", 150), repeated("[", 100'000), repeated("{\"a\":", 50'000),
      repeated("[{\"a\":", 50'000)}},
};

}  // namespace

std::vector<JsonText> json_refused() {
  std::vector<JsonText> all;
  for (const auto& group : kGroups)
    for (const auto& text : group.texts) all.push_back({group.rule, text});
  return all;
}

}  // namespace certes::testing
