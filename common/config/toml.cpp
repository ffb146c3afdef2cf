#include "common/config/toml.hpp"

// The parser takes for granted what some texts are not (`1979-05-27Tx`), and checks it by assertions: an abort, and in
// a release undefined. Here they are exceptions, whatever the build.
#undef NDEBUG
namespace {
struct TomlAssumption {};
[[noreturn]] void assumption_failed() { throw TomlAssumption{}; }
}  // namespace
#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : assumption_failed())
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

namespace certes::config {
namespace {

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

template <class T>
std::string written(const T& value) {
  std::ostringstream out;
  out << value;
  return std::move(out).str();
}

TomlValue convert(const toml::node& node);

TomlValue convert_table(const toml::table& table) {
  TomlValue value;
  for (const auto& [key, child] : table) {
    TomlMember member{std::string(key.str()), static_cast<int>(key.source().begin.line), convert(child)};
    if (member.line == 0) member.line = member.value.line;
    value.members.push_back(std::move(member));
  }
  std::stable_sort(value.members.begin(), value.members.end(),
                   [](const TomlMember& a, const TomlMember& b) { return a.line < b.line; });
  return value;
}

TomlValue convert_scalar(const toml::node& node) {
  TomlValue value;
  if (const auto* text = node.as_string()) {
    value.kind = TomlValue::Kind::string;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = TomlValue::Kind::integer;
    value.integer = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    value.kind = TomlValue::Kind::real;
    value.real = real->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = TomlValue::Kind::boolean;
    value.boolean = boolean->get();
  } else {
    value.kind = TomlValue::Kind::time;
    if (const auto* date = node.as_date()) value.text = written(date->get());
    if (const auto* time = node.as_time()) value.text = written(time->get());
    if (const auto* both = node.as_date_time()) value.text = written(both->get());
  }
  return value;
}

TomlValue convert(const toml::node& node) {
  TomlValue value;
  if (const auto* table = node.as_table()) {
    value = convert_table(*table);
  } else if (const auto* array = node.as_array()) {
    value.kind = TomlValue::Kind::array;
    for (const auto& item : *array) value.items.push_back(convert(item));
  } else {
    value = convert_scalar(node);
  }
  value.line = line_of(node);
  return value;
}

// Where a string that begins at `at` ends: behind its closing quotes, at the end of a line that lacks them, or at the
// end of the text.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool many_lines = text.substr(at, 3) == three;
  for (at += many_lines ? 3 : 1; at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (!many_lines && (text[at] == quote || text[at] == '\n')) {
      return text[at] == quote ? at + 1 : at;
    } else if (many_lines && text.substr(at, 3) == three) {
      at += 3;
      for (int more = 0; more < 2 && at < text.size() && text[at] == quote; ++more) ++at;  // """a""""" ends in a""
      return at;
    }
  }
  return text.size();
}

// The line of the first character outside of strings and comments that is not ASCII, which the parser must not see:
// what it does then is undefined (toml++ 3.3, is_non_ascii_horizontal_whitespace). 0: there is none.
std::size_t line_beyond_ascii(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (at < text.size()) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) >= 0x80)
      return static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')) +
             1;
    if (c == '"' || c == '\'')
      at = end_of_string(text, at);
    else
      at = c == '#' ? std::min(text.find('\n', at), text.size()) : at + 1;
  }
  return 0;
}

// The line at which values stand too deep within each other, or a name has too many parts: each is a table within the
// one before, and the library takes tables apart by recursion. 0: there is none.
std::size_t line_too_deep(std::string_view text) {
  constexpr std::size_t kMost = 32;
  std::size_t open = 0, parts = 0, line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      const std::size_t end = end_of_string(text, at);
      line += static_cast<std::size_t>(std::ranges::count(text.substr(at, end - at), '\n'));
      at = end;
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (((c == '[' || c == '{') && ++open > kMost) || (c == '.' && ++parts > kMost)) return line;
    if ((c == ']' || c == '}') && open > 0) --open;
    if (c == '\n') ++line;
    if (std::string_view("[]{}=,\n").find(c) != std::string_view::npos) parts = 0;
    ++at;
  }
  return 0;
}

// Nothing: an assumption of the parser did not hold.
std::optional<toml::parse_result> parsed(std::string_view text, std::string_view name) {
  try {
    return toml::parse(text, name);
  } catch (const TomlAssumption&) {
    return std::nullopt;
  }
}

// The end of the line at which the text goes wrong: the first so many lines that do.
std::size_t lines_that_fail(std::string_view text, std::string_view name) {
  std::vector<std::size_t> ends;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    ends.push_back(at + 1);
  const auto passes = [&](std::size_t end) { return parsed(text.substr(0, end), name).has_value(); };
  const auto first = std::partition_point(ends.begin(), ends.end(), passes);
  return static_cast<std::size_t>(first - ends.begin()) + 1;
}

}  // namespace

const TomlValue* TomlValue::find(std::string_view name) const {
  for (const TomlMember& member : members)
    if (member.name == name) return &member.value;
  return nullptr;
}

std::string_view to_string(TomlValue::Kind kind) {
  constexpr std::string_view kNames[] = {"a table",  "a list",        "a string", "an integer",
                                         "a number", "true or false", "a time"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<TomlValue> parse_toml(std::string_view text, std::string_view name) {
  if (const std::size_t line = line_beyond_ascii(text); line != 0)
    return fail(Code::invalid, std::string(name) + ":" + std::to_string(line) +
                                   ": a character that is not ASCII may stand in strings and comments only");
  if (const std::size_t line = line_too_deep(text); line != 0)
    return fail(Code::invalid, std::string(name) + ":" + std::to_string(line) +
                                   ": values nested deeper than 32, or a name of more parts");
  const auto result = parsed(text, name);
  if (!result)
    return fail(Code::invalid, std::string(name) + ":" + std::to_string(lines_that_fail(text, name)) +
                                   ": a value is malformed: it begins as a date or a number and does not go on as one");
  if (!*result) {
    const toml::parse_error& error = result->error();
    return fail(Code::invalid, std::string(name) + ":" + std::to_string(error.source().begin.line) + ": " +
                                   std::string(error.description()));
  }
  return convert(result->table());
}

Result<std::string> read_file(const std::string& path, std::size_t limit_bytes) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const int reason = errno;
    return fail(reason == ENOENT ? Code::not_found : Code::invalid, path + ": " + std::strerror(reason));
  }
  std::string text;
  char block[16'384];
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(in.gcount()));
    if (text.size() > limit_bytes)
      return fail(Code::invalid, path + ": larger than " + std::to_string(limit_bytes) + " bytes");
  }
  if (in.bad()) return fail(Code::invalid, path + ": cannot be read");
  return text;
}

}  // namespace certes::config
