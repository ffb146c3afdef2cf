#include "api/history/text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cctype>

namespace certes::api::history {
namespace {

constexpr std::size_t kDepth = 256;
constexpr std::string_view kSpace = " \t\r\n\v\f";

// Behind what is there, as far as there is room, whole characters of UTF-8.
void add_text(std::string& all, std::string_view text, std::size_t most) {
  if (all.size() >= most) return;
  if (!all.empty()) all.push_back(' ');
  const std::size_t room = most - std::min(most, all.size());
  std::size_t length = std::min(room, text.size());
  const auto continues = [&](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  while (length > 0 && continues(length)) --length;
  all.append(text.substr(0, length));
}

void add_values(std::string& all, simdjson::dom::element element, std::size_t most) {
  if (all.size() >= most) return;
  switch (element.type()) {
    case simdjson::dom::element_type::OBJECT:
      for (const auto& [name, value] : simdjson::dom::object(element)) {
        add_text(all, name, most);
        add_values(all, value, most);
      }
      return;
    case simdjson::dom::element_type::ARRAY:
      for (const simdjson::dom::element each : simdjson::dom::array(element)) add_values(all, each, most);
      return;
    case simdjson::dom::element_type::STRING: return add_text(all, std::string_view(element), most);
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
    case simdjson::dom::element_type::DOUBLE: return add_text(all, simdjson::minify(element), most);
    case simdjson::dom::element_type::BOOL:
    case simdjson::dom::element_type::NULL_VALUE: return;
  }
}

bool has_word(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0;
  });
}

std::string in_quotes(std::string_view word) {
  std::string text = "\"";
  for (const char c : word) text.append(c == '"' ? 2 : 1, c);
  return text + "\"";
}

}  // namespace

struct TextReader::Parser {
  simdjson::dom::parser parser;
};

TextReader::TextReader() : parser_(std::make_unique<Parser>()) {}
TextReader::~TextReader() = default;
TextReader::TextReader(TextReader&&) noexcept = default;
TextReader& TextReader::operator=(TextReader&&) noexcept = default;

std::string TextReader::text_of(std::string_view payload, std::size_t most) {
  std::string all;
  auto& parser = parser_->parser;
  simdjson::dom::element root;
  const bool ready = parser.capacity() >= payload.size() && parser.max_depth() == kDepth;
  if (!ready && parser.allocate(std::max<std::size_t>(payload.size(), 4096), kDepth) != simdjson::SUCCESS) return all;
  if (parser.parse(payload.data(), payload.size()).get(root) == simdjson::SUCCESS)
    add_values(all, root, most);
  else if (simdjson::validate_utf8(payload.data(), payload.size()))
    add_text(all, payload, most);
  return all;
}

// Of letters alone, as what divides words and the case of letters may stand in a tenant's id.
std::string tenant_word(std::string_view tenant) {
  std::string word = "t";
  for (const char c : tenant) {
    const auto byte = static_cast<unsigned char>(c);
    word.push_back(static_cast<char>('a' + byte / 16));
    word.push_back(static_cast<char>('a' + byte % 16));
  }
  return word;
}

std::optional<std::string> match_of(std::string_view tenant, std::string_view words) {
  std::string all;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find_first_of(kSpace), words.size());
    std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (!has_word(word)) continue;
    const bool beginning = word.ends_with('*');
    if (beginning) word.remove_suffix(1);
    all.append(all.empty() ? "" : " AND ").append(in_quotes(word)).append(beginning ? " *" : "");
  }
  if (all.empty()) return std::nullopt;
  return "tenant : " + in_quotes(tenant_word(tenant)) + " AND words : (" + all + ")";
}

}  // namespace certes::api::history
