// What expressions say of a payload.
#include "tests/common/filter/fixture.hpp"

namespace certes::filter {
namespace {

constexpr const char* kOrder = R"({
  "id": 7, "total": 99.5, "whole": 3.0, "large": 9223372036854775807, "beyond": 18446744073709551615,
  "paid": true, "note": null, "name": "Größe", "empty": "",
  "customer": {"country": "DE", "tags": ["vip", "new"]},
  "lines": [{"sku": "a-1", "count": 2}, {"sku": "b-2", "count": 5}],
  "numbers": [1, 2.0, 3], "mixed": [1, "a", null, true]
})";

struct Said {
  const char* text;
  const char* says;
};

void check_all(const std::vector<Said>& rows) {
  for (const auto& [text, says] : rows) {
    CAPTURE(text);
    CHECK(said(text, kOrder) == says);
  }
}

TEST_CASE("Filter: members and items") {
  check_all({{"data.id == 7", "true"},
             {"data[\"id\"] == 7", "true"},
             {"data.customer.tags[1] == \"new\"", "true"},
             {"data.customer.tags[1.0] == \"new\"", "true"},
             {"data.customer.tags[0.5] == \"new\"", "wrong_type"},
             {"data.customer.tags[2] == \"new\"", "no_item"},
             {"data.customer.tags[-1] == \"new\"", "no_item"},
             {"data.absent == 1", "no_member"},
             {"data[\"absent\"] == 1", "no_item"},
             {"data.id.absent == 1", "wrong_type"},
             {"data.lines.count == 1", "wrong_type"},
             {"data[0] == 1", "wrong_type"},
             {"[1, 2][1] == 2", "true"},
             {"{\"a\": 1}.a == 1", "true"},
             {"{\"a\": 1}[\"b\"] == 1", "no_item"},
             {"has(data.id)", "true"},
             {"has(data.note)", "true"},
             {"has(data.absent)", "false"},
             {"has(data.customer.absent)", "false"},
             {"has(data.absent.country)", "no_member"},
             {"has(data.id.absent)", "false"},
             {"has(data.note.absent)", "false"},
             {"has(data.lines.absent)", "wrong_type"},
             {"data.paid", "true"},
             {"data.name", "no_boolean"},
             {"data.note", "no_boolean"}});
}

TEST_CASE("Filter: equality is false across types, and numbers are one") {
  check_all({{"data.whole == 3", "true"},
             {"data.id == 7.0", "true"},
             {"data.id == \"7\"", "false"},
             {"data.id != \"7\"", "true"},
             {"data.note == null", "true"},
             {"data.id == null", "false"},
             {"data.paid == 1", "false"},
             {"data.customer == data.lines", "false"},
             {"data.numbers == [1, 2, 3]", "true"},
             {"data.numbers == [1, 2]", "false"},
             {"data.numbers == [3, 2, 1]", "false"},
             {"[1, 2] == [1.0, 2.0]", "true"},
             {"data.customer == {\"tags\": [\"vip\", \"new\"], \"country\": \"DE\"}", "true"},
             {"data.customer == {\"tags\": [\"vip\"], \"country\": \"DE\"}", "false"},
             {"data.customer == {\"country\": \"DE\"}", "false"},
             {"data.lines[0] == {\"sku\": \"a-1\", \"other\": 2}", "false"},
             {"data.large == 9223372036854775807", "true"},
             {"data.beyond == 18446744073709551616.0", "true"},
             {"data.beyond > data.large", "true"},
             {"0.0 / 0.0 == 0.0 / 0.0", "false"},
             {"0.0 / 0.0 != 1", "true"}});
}

TEST_CASE("Filter: order is of numbers, strings and booleans, each among themselves") {
  check_all({{"data.total > 99", "true"},
             {"data.id < 7.5", "true"},
             {"data.id >= 7.0", "true"},
             {"data.name > \"Gr\"", "true"},
             {"\"a\" < \"ab\"", "true"},
             {"\"Z\" < \"a\"", "true"},
             {"false < true", "true"},
             {"data.paid <= false", "false"},
             {"data.id < data.name", "wrong_type"},
             {"data.note < 1", "wrong_type"},
             {"data.customer < data.customer", "wrong_type"},
             {"0.0 / 0.0 < 1", "not_a_number"},
             {"1 < 0.0 / 0.0", "not_a_number"},
             {"9223372036854775807 < 1e300", "true"},
             {"1e300 <= -9223372036854775807", "false"}});
}

TEST_CASE("Filter: && and || take what decides from either side") {
  check_all({{"true || data.absent", "true"},
             {"data.absent || true", "true"},
             {"data.absent || false", "no_member"},
             {"false && data.absent", "false"},
             {"data.absent && false", "false"},
             {"data.absent && true", "no_member"},
             {"data.name || true", "true"},
             {"data.name || false", "wrong_type"},
             {"data.absent && data.name && false", "false"},
             {"(false || data.absent) || true", "true"},
             {"!data.absent", "no_member"},
             {"!data.name", "wrong_type"},
             {"data.paid ? true : data.absent", "true"},
             {"data.absent ? true : true", "no_member"},
             {"data.id ? true : true", "wrong_type"}});
}

TEST_CASE("Filter: arithmetic, which fails where a number would not be right") {
  check_all({{"7 / 2 == 3", "true"},
             {"-7 / 2 == -3", "true"},
             {"-7 % 3 == -1", "true"},
             {"data.id + 1 == 8", "true"},
             {"data.large + 1 > 0", "overflow"},
             {"data.large * 2 > 0", "overflow"},
             {"-9223372036854775808 - 1 < 0", "overflow"},
             {"-(-9223372036854775808) > 0", "overflow"},
             {"-9223372036854775808 / -1 > 0", "overflow"},
             {"-9223372036854775808 % -1 == 0", "overflow"},
             {"data.id / 0 == 1", "division_by_zero"},
             {"data.id % 0 == 1", "division_by_zero"},
             {"1.0 / 0.0 > 1e308", "true"},
             {"-1.0 / 0.0 < -1e308", "true"},
             {"data.total * 2.0 == 199.0", "true"},
             {"data.total % 2 == 1", "wrong_type"},
             {"\"a\" + \"b\" == \"ab\"", "true"},
             {"data.name + 1 == \"a\"", "wrong_type"},
             {"[1] + data.numbers == [1, 1, 2, 3]", "true"},
             {"-data.name == 1", "wrong_type"},
             {"-data.total < -99", "true"}});
}

// What CEL refuses, and filters compute: docs/filters.md.
TEST_CASE("Filter: an int beside a double becomes a double") {
  check_all({{"data.total + 1 == 100.5", "true"},
             {"1 + data.total == 100.5", "true"},
             {"data.total - 1 == 98.5", "true"},
             {"100 - data.total == 0.5", "true"},
             {"data.total * 2 == 199", "true"},
             {"2 * data.total == 199", "true"},
             {"data.total / 2 == 49.75", "true"},
             {"199 / data.total == 2", "true"},
             {"7 / 2.0 == 3.5", "true"},
             {"data.large + 1.0 == 9223372036854775808.0", "true"},
             {"1 / 0.0 > 1e308", "true"},
             {"7 % 2.0 == 1", "refused: line 1, column 3: \"%\" does not take an int and a double"}});
}

TEST_CASE("Filter: strings count characters, and are looked through") {
  check_all({{"size(data.name) == 5", "true"},
             {"data.name.size() == 5", "true"},
             {"size(data.empty) == 0", "true"},
             {"size(data.lines) == 2", "true"},
             {"size(data.customer) == 2", "true"},
             {"size([1, 2, 3]) == 3", "true"},
             {"size(data.id) == 1", "wrong_type"},
             {"data.name.startsWith(\"Gr\")", "true"},
             {"data.name.startsWith(\"\")", "true"},
             {"data.name.endsWith(\"ße\")", "true"},
             {"data.name.contains(\"öß\")", "true"},
             {"data.name.contains(\"\")", "true"},
             {"data.empty.contains(\"a\")", "false"},
             {"data.name.contains(\"os\")", "false"},
             {"data.id.contains(\"7\")", "wrong_type"},
             {"data.name.contains(data.id)", "wrong_type"},
             {"data.name.matches(\"r.ß\")", "true"},
             {"data.name.matches(\"^r\")", "false"},
             {"matches(data.name, \"^G.{3}e$\")", "true"},
             {"data.id.matches(\"7\")", "wrong_type"}});
}

TEST_CASE("Filter: in looks through lists and the names of maps") {
  check_all({{"\"vip\" in data.customer.tags", "true"},
             {"\"old\" in data.customer.tags", "false"},
             {"2 in data.numbers", "true"},
             {"1.0 in data.mixed", "true"},
             {"null in data.mixed", "true"},
             {"data.id in [5, 6, 7]", "true"},
             {"data.id in []", "false"},
             {"\"country\" in data.customer", "true"},
             {"\"absent\" in data.customer", "false"},
             {"1 in data.customer", "false"},
             {"\"a\" in {\"a\": 1}", "true"},
             {"1 in data.id", "wrong_type"},
             {"data.absent in [1]", "no_member"},
             {"1 in [data.absent, 1]", "no_member"}});
}

TEST_CASE("Filter: all, exists and exists_one") {
  check_all({{"data.lines.exists(l, l.count > 4)", "true"},
             {"data.lines.exists(l, l.count > 5)", "false"},
             {"data.lines.all(l, l.count > 1)", "true"},
             {"data.lines.all(l, l.count > 2)", "false"},
             {"data.lines.exists_one(l, l.count > 4)", "true"},
             {"data.lines.exists_one(l, l.count > 1)", "false"},
             {"[].all(x, x)", "true"},
             {"[].exists(x, x)", "false"},
             {"[].exists_one(x, x)", "false"},
             {"data.customer.exists(name, name == \"country\")", "true"},
             {"data.customer.all(name, name.size() > 3)", "true"},
             {"data.mixed.exists(x, x > 0)", "true"},
             {"data.mixed.all(x, x < 0)", "false"},
             {"data.mixed.exists(x, x > 1)", "wrong_type"},
             {"data.mixed.exists_one(x, x == 1)", "true"},
             {"data.mixed.exists_one(x, x > 0)", "wrong_type"},
             {"data.mixed.all(x, x)", "wrong_type"},
             {"data.id.all(x, true)", "wrong_type"},
             {"data.lines.exists(l, data.numbers.exists(n, n == l.count))", "true"},
             {"data.lines.all(x, data.numbers.exists(x, x == 3))", "true"},
             {"data.lines.exists(l, l.sku.startsWith(\"b\")) && data.paid", "true"}});
}

TEST_CASE("Filter: a failure says where it is, and of what") {
  for (const auto& [text, why] :
       NamesAndValues{{"data.paid && data.absent > 5", "line 1, column 19: there is no member \"absent\""},
                      {"data.id.country == 1", "line 1, column 9: there is no member \"country\" in an int"},
                      {"data.id < data.name", "line 1, column 9: \"<\" does not take an int and a string"},
                      {"data.id.matches(\"7\")", "line 1, column 9: \"matches\" does not take an int and a string"},
                      {"!data.name", "line 1, column 1: \"!\" does not take a string"},
                      {"data.numbers[7] == 1", "line 1, column 13: there is no such item"},
                      {"data.large + 1 > 0", "line 1, column 12: \"+\" gives a number that 64 bits cannot hold"},
                      {"1 / (data.id - 7) > 0", "line 1, column 3: \"/\" divides by zero"},
                      {"data.customer", "line 1, column 6: the filter gave a map, not true or false"}}) {
    CAPTURE(text);
    const auto program = compile_text(text);
    REQUIRE(program);
    const auto record = stored_event(kOrder);
    const auto view = event::view(record);
    event::JsonDocument document;
    event::FilterEvent event(record, *view, document);
    const auto result = event::evaluate(**program, event);
    REQUIRE(result.says == event::FilterResult::Says::failed);
    CHECK(event::describe(**program, result.failure) == why);
  }
}

}  // namespace
}  // namespace certes::filter
