#include "common/event/payload_text.hpp"

#include <simdjson.h>

#include <algorithm>

namespace certes::event {
namespace {

constexpr std::size_t kDepth = 256;

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

}  // namespace

struct PayloadText::Parser {
  simdjson::dom::parser parser;
};

PayloadText::PayloadText() : parser_(std::make_unique<Parser>()) {}
PayloadText::~PayloadText() = default;
PayloadText::PayloadText(PayloadText&&) noexcept = default;
PayloadText& PayloadText::operator=(PayloadText&&) noexcept = default;

std::string PayloadText::text_of(std::string_view payload, std::size_t most) {
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

}  // namespace certes::event
