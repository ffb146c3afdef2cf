// Tables fit the terminal: long values are cut, ids never, and where a row does not fit it is shown line by line.
#include "certes/commands/console.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "certes/commands/cells.hpp"

using namespace certes;
using namespace certes::command;

namespace {

const std::string kId = "evt_01JH0000000000000000000000";

std::size_t widest(const std::string& text) {
  std::size_t most = 0;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) most = std::max(most, columns_of(line));
  return most;
}

}  // namespace

TEST_CASE("table: as wide as it takes where nothing else is said, and aligned by columns, not by bytes") {
  const std::string url = "https://example.com/" + std::string(300, 'x');
  CHECK(table({"ID", "URL"}, {{"größe", url}, {"b", "y"}}, 0) == "ID     URL\ngröße  " + url + "\nb      y\n");
  CHECK(table({"ID"}, {}, 20) == "ID\n");
}

TEST_CASE("table: what is longer than an id is cut to the terminal, the widest first") {
  const std::string error(200, 'e');
  const std::string text = table({"ID", "STATE", "ERROR"}, {{kId, "open", error}, {"short", "failed", "-"}}, 80);
  CHECK(widest(text) == 80);
  CHECK(text.find(kId) != std::string::npos);
  CHECK(text.find("e…\n") != std::string::npos);
  CHECK(text.find("short                           failed  -\n") != std::string::npos);
  CHECK(table({"ID", "STATE", "ERROR"}, {{kId, "open", "e"}}, 80).find("…") == std::string::npos);
}

TEST_CASE("table: where ids alone do not fit, each row is shown as lines, whole") {
  const std::string error(200, 'e');
  CHECK(table({"ID", "CAUSE", "ERROR"}, {{kId, kId, error}, {kId, "-", "no"}}, 60) ==
        "ID    " + kId + "\nCAUSE " + kId + "\nERROR " + error + "\n\nID    " + kId + "\nCAUSE -\nERROR no\n");
}

TEST_CASE("table: a time keeps its age, and other values are cut for it") {
  const std::string at = "2026-01-31T08:00:00.123Z (12.5 s ago)", error(60, 'e');
  const std::string text = table({"AT", "ERROR"}, {{at, error}}, 75);
  CHECK(text.find(at + "  eee") != std::string::npos);
  CHECK(widest(text) == 75);
  CHECK(table({"AT", "ERROR"}, {{at, error}}, 60) == "AT    " + at + "\nERROR " + error + "\n");
}

TEST_CASE("wrapped: at spaces, and never in a word") {
  using Lines = std::vector<std::string>;
  CHECK(wrapped("one two three", 7) == Lines{"one two", "three"});
  CHECK(wrapped("one two three", 6) == Lines{"one", "two", "three"});
  CHECK(wrapped("a abcdefgh ij", 3) == Lines{"a", "abcdefgh", "ij"});
  CHECK(wrapped("äöü äöü", 3) == Lines{"äöü", "äöü"});
  CHECK(wrapped("日本 語", 5) == Lines{"日本", "語"});
  CHECK(wrapped("", 5) == Lines{""});
  CHECK(wrapped("one two", 0) == Lines{"one two"});
}

TEST_CASE("member_lines: what is longer than the terminal is broken and stands under itself") {
  CHECK(member_lines({{"id", "x"}, {"a long name", "one two three four five"}}, 33) ==
        "id          x\na long name one two three four\n            five\n");
  CHECK(member_lines({{"id", "one two"}}, 0) == "id one two\n");
}

TEST_CASE("table: a value never looks like lines of ours") {
  CHECK(table({"A", "B"}, {{"x\ny", "\x1b[2J"}}, 60) == "A         B\nx\\u000ay  \\u001b[2J\n");
}
