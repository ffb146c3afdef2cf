#include "tests/common/event/json_grammar.hpp"

namespace certes::testing {
namespace {

using namespace std::string_literals;

struct Group {
  std::string rule;
  std::vector<std::string> texts;
};

const Group kGroups[] = {
    {"2: a text is any one value", {"null", "true", "false", "0", "-1", "2.5", "\"\"", "\"text\"", "[]", "{}"}},
    {"2: space, tab, line feed and carriage return may stand around any token",
     {" 1", "1 ", "\t1", "1\t", "\n1", "1\n", "\r1", "1\r", " \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n",
      " { \"a\" : 1 , \"b\" : 2 } ", "[\r\n]", "{\t}", "[[ ] ]"}},
    {"4: an object has any number of members, of any values",
     {R"({"a":1})", R"({"a":1,"b":2})", R"({"a":null,"b":true,"c":false,"d":"x","e":[],"f":{}})",
      R"({"a":{"b":{"c":{}}}})", R"({"a":[{"b":[{}]}]})"}},
    {"4: a name is any string",
     {R"({"":0})", R"({" ":0})", R"({"\u0061":0})", R"({"a\"b":0})", R"({"\\":0})", R"({"0":0})", R"({"null":0})",
      "{\"\xc3\xa9\":0}", R"({"\u0000":0})", R"({"a/b~c":0})"}},
    {"4: ours: names that repeat are passed on as they are",
     {R"({"a":1,"a":2})", R"({"a":1,"\u0061":2})", R"({"a":{},"a":[]})"}},
    {"5: an array has any number of values, of any kinds",
     {"[1]", "[1,2]", "[null,true,false,0,\"\",[],{}]", "[[]]", "[[],[]]", "[[[[[[[[]]]]]]]]", "[{},{}]",
      "[\"a\",\"a\"]"}},
    {"6: an integer is 0, or digits that do not begin with 0, with or without minus",
     {"[0]", "[-0]", "[7]", "[-1]", "[9]", "[10]", "[-10]", "[9007199254740993]", "[18446744073709551615]",
      "[-9223372036854775808]"}},
    {"6: a fraction is a point and digits",
     {"[0.0]", "[-0.0]", "[1.0]", "[1.50]", "[-12.375]", "[0.000000000000000000001]",
      "[3.14159265358979323846264338327950288]"}},
    {"6: an exponent is e or E, a sign or none, and digits",
     {"[1e1]", "[1E1]", "[1e+1]", "[1E-1]", "[0e0]", "[-0E+0]", "[1.5e3]", "[1.5E-03]", "[1e00]", "[2e007]"}},
    {"6: ours: a number may be larger or finer than a double; it is passed on as written",
     {"[1e309]", "[-1e309]", "[1e-400]", "[123456789012345678901234567890]", "[-123456789012345678901234567890]",
      "[0.1e99999999999999999999]", "[1" + repeated("0", 400) + "]", "[0." + repeated("3", 400) + "]"}},
    {"7: every escape of two characters",
     {R"(["\""])", R"(["\\"])", R"(["\/"])", R"(["\b"])", R"(["\f"])", R"(["\n"])", R"(["\r"])", R"(["\t"])",
      R"(["\"\\\/\b\f\n\r\t"])", R"(["\\\\\\"])", R"(["\\n"])"}},
    {"7: \\u and four hexadecimal digits of either case",
     {R"(["\u0000"])", R"(["\u001f"])", R"(["\u0022"])", R"(["\u005C"])", R"(["\u00e9"])", R"(["\u00E9"])",
      R"(["\u20aC"])", R"(["\uFFFF"])", R"(["\uFDD0"])", R"(["\u2028\u2029"])", R"(["\uFEFF"])", R"(["a\u0062c"])",
      R"(["\\u0061"])"}},
    {"7: a character beyond the basic plane is a surrogate pair, high before low",
     {R"(["\uD83D\uDE00"])", R"(["\ud834\udd1e"])", R"(["\uD800\uDC00"])", R"(["\uDBFF\uDFFF"])",
      R"(["a\uD83D\uDE00b"])"}},
    {"7: all else stands for itself, control characters excepted",
     {"[\" \"]", "[\"\x7f\"]", "[\"'\"]", "[\"/\"]", "[\"]}{[:,\"]", "[\"// /* */ #\"]", "[\"<b>&amp;</b>\"]",
      "[\"nul NaN 01 +1\"]", "[\"" + std::string(70'000, 'x') + "\"]"}},
    {"8.1: UTF-8 of one to four bytes, to the end of each range",
     {"[\"\xc2\x80\"]", "[\"\xdf\xbf\"]", "[\"\xe0\xa0\x80\"]", "[\"\xed\x9f\xbf\"]", "[\"\xee\x80\x80\"]",
      "[\"\xef\xbf\xbf\"]", "[\"\xef\xb7\x90\"]", "[\"\xf0\x90\x80\x80\"]", "[\"\xf4\x8f\xbf\xbf\"]",
      "[\"\xe2\x82\xac \xf0\x9f\x98\x80\"]", "[\"\xe2\x80\xa8\xe2\x80\xa9\"]", "[\"e\xcc\x81\"]"}},
    {"8.1: ours: a byte order mark is a character like any other inside a string",
     {"[\"\xef\xbb\xbf\"]", "[\"a\xef\xbb\xbf\"]"}},
    {"9: ours: nesting to a depth of 250",
     {repeated("[", 250) + repeated("]", 250), repeated("{\"a\":", 250) + "1" + repeated("}", 250),
      repeated("[{\"a\":", 125) + "0" + repeated("}]", 125)}},
    {"9: ours: any width", {"[" + repeated("0,", 5'000) + "0]", "{" + repeated("\"a\":0,", 5'000) + "\"b\":0}"}},
};

}  // namespace

std::vector<JsonText> json_accepted() {
  std::vector<JsonText> all;
  for (const auto& group : kGroups)
    for (const auto& text : group.texts) all.push_back({group.rule, text});
  return all;
}

}  // namespace certes::testing
