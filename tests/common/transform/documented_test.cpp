// What docs/transformations.md shows: each row with a body and what is sent.
#include <fstream>
#include <iterator>

#include "common/json/json.hpp"
#include "common/transform/limits.hpp"
#include "tests/common/transform/fixture.hpp"

namespace certes::transform {
namespace {

std::string page() {
  std::ifstream file(CERTES_SOURCE_DIR "/docs/transformations.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto from = text.find(begin);
  REQUIRE(from != text.npos);
  return text.substr(from + begin.size(), text.find(end, from + begin.size()) - from - begin.size());
}

// Markdown's bar in a table.
std::string unescaped(std::string text) {
  for (auto at = text.find("\\|"); at != text.npos; at = text.find("\\|", at)) text.erase(at, 1);
  return text;
}

// As the registry stores what is declared: members by name.
std::string stored(const std::string& json) {
  const auto tree = parse_json<nlohmann::json>(json);
  REQUIRE_MESSAGE(tree.has_value(), json);
  return tree->dump();
}

}  // namespace

TEST_CASE("Transformation: the examples of docs/transformations.md make what stands beside them") {
  const std::string text = page();
  const std::string payload = between(text, "```json\n", "\n```");
  const std::string rows = between(text, "| is sent as |\n|---|---|\n", "\n\n");
  std::size_t examples = 0;
  for (std::size_t at = 0; at < rows.size();
       at = rows.find('\n', at) == rows.npos ? rows.size() : rows.find('\n', at) + 1) {
    const std::string line = rows.substr(at, rows.find('\n', at) - at);
    CAPTURE(line);
    const auto middle = line.find("` | ");
    REQUIRE(middle != line.npos);
    const std::string body = unescaped(line.substr(3, middle - 3));
    const std::string said = unescaped(line.substr(middle + 4, line.size() - middle - 6));
    const std::string made = transform::made(stored(R"({"project":{"body":)" + body + "}}"), stored_event(payload));
    if (said == "fails")
      CHECK(made.starts_with("missing: "));
    else
      CHECK("`" + made + "`" == said);
    ++examples;
  }
  CHECK(examples == 8);
}

TEST_CASE("Transformation: the limits of docs/transformations.md are those that hold") {
  const std::string limits = between(page(), "## Limits", "A payload is");
  for (const char* words : {"32,768 bytes", "200 that differ", "32 steps", "| headers | 32 |", "2 MiB"})
    CHECK(limits.find(words) != limits.npos);
  CHECK(kMaxTransformBytes == 32'768);
  CHECK(kMaxPointers == 200);
  CHECK(kMaxSteps == 32);
  CHECK(kMaxHeaders == 32);
  CHECK(Limits{}.max_output_bytes == 2u << 20);
}

}  // namespace certes::transform
