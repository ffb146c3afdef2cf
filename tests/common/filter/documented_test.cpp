// What docs/filters.md shows: each row with an expression or an object and what it says.
#include <fstream>
#include <iterator>

#include "common/filter/limits.hpp"
#include "tests/common/filter/fixture.hpp"

namespace certes::filter {
namespace {

std::string documentation() {
  std::ifstream file(CERTES_SOURCE_DIR "/docs/filters.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto from = text.find(begin);
  REQUIRE(from != text.npos);
  return text.substr(from + begin.size(), text.find(end, from + begin.size()) - from - begin.size());
}

// Markdown's bar in a table: `a \|\| b`.
std::string unescaped(std::string text) {
  for (auto at = text.find("\\|"); at != text.npos; at = text.find("\\|", at)) text.erase(at, 1);
  return text;
}

TEST_CASE("Filter: the examples of docs/filters.md say what stands beside them") {
  const std::string text = documentation();
  const std::string payload = between(text, "```json\n", "```");
  std::size_t expressions = 0, objects = 0;
  for (std::size_t at = text.find("\n| `"); at != text.npos; at = text.find("\n| `", at + 1)) {
    const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    const auto end = line.rfind("` | ");
    if (end == line.npos || !line.ends_with(" |")) continue;
    const std::string filter = unescaped(line.substr(3, end - 3)), says = line.substr(end + 4, line.size() - end - 6);
    if (says != "true" && says != "false" && says != "fails") continue;
    CAPTURE(line);
    const bool object = filter.starts_with('{');
    const auto program = object ? compile(filter) : compile_text(filter);
    const std::string said = said_of(program, stored_event(payload));
    if (says == "fails")
      CHECK((said != "true" && said != "false" && !said.starts_with("refused")));
    else
      CHECK(said == says);
    ++(object ? objects : expressions);
  }
  CHECK(expressions > 20);
  CHECK(objects > 15);
}

TEST_CASE("Filter: the limits of docs/filters.md are those that hold") {
  const std::string limits = between(documentation(), "## Limits", "\n\nA filter of three");
  for (const char* words :
       {"8,192 bytes", "1,000 |", "50 levels", "16 of 1,000 bytes", "2,000 instructions", "50,000 steps"})
    CHECK(limits.find(words) != limits.npos);
  CHECK(kMaxFilterBytes == 8'192);
  CHECK(kMaxNodes == 1'000);
  CHECK(kMaxDepth == 50);
  CHECK(kMaxPatterns == 16);
  CHECK(kMaxPatternBytes == 1'000);
  CHECK(kMaxInstructions == 2'000);
  CHECK(kMaxCost == 50'000);
}

}  // namespace
}  // namespace certes::filter
