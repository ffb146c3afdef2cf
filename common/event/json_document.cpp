#include "common/event/json_document.hpp"

#include <charconv>

#include "common/event/json_parts.hpp"

namespace certes::event {
namespace {

constexpr bool digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool number_character(char c) { return digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'; }

std::size_t digits_end(std::string_view text, std::size_t at) {
  while (at < text.size() && digit(text[at])) ++at;
  return at;
}

// Whether all of `text` is a number by RFC 8259's grammar.
bool is_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = at;
  at = digits_end(text, at);
  if (at == whole || (text[whole] == '0' && at > whole + 1)) return false;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = ++at;
    if ((at = digits_end(text, at)) == fraction) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    if (++at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = at;
    if ((at = digits_end(text, at)) == exponent) return false;
  }
  return at == text.size();
}

// JSON bounds no number; simdjson refuses those that neither 64 bits nor a double can hold. We never use their value,
// so they are blanked to "0   …" in a copy of the same size, which then decides. Empty: there was none.
std::string with_small_numbers(std::string_view body) {
  std::string copy;
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (body[at] == '"') {
      while (++at < body.size() && body[at] != '"')
        if (body[at] == '\\') ++at;
      continue;
    }
    if (!digit(body[at]) && body[at] != '-') continue;
    const std::size_t begin = at;
    while (at < body.size() && number_character(body[at])) ++at;
    const auto number = body.substr(begin, at - begin);
    if ((number.size() >= 19 || number.find_first_of("eE") != std::string_view::npos) && is_number(number)) {
      if (copy.empty()) copy = body;
      copy.replace(begin, number.size(), number.size(), ' ').replace(begin, 1, 1, '0');
    }
    --at;
  }
  return copy;
}

Error not_json(simdjson::error_code code) {
  switch (code) {
    case simdjson::EMPTY: return {Code::invalid, "the body is empty", ""};
    case simdjson::UTF8_ERROR: return {Code::invalid, "the body is not valid UTF-8", ""};
    case simdjson::DEPTH_ERROR:
      return {Code::invalid, "the JSON is nested deeper than " + std::to_string(kMaxJsonDepth), ""};
    default: return {Code::invalid, std::string("the body is not JSON: ") + simdjson::error_message(code), ""};
  }
}

// Unescapes one token of a pointer; nothing if '~' stands before neither 0 nor 1.
std::optional<std::string> token(std::string_view escaped) {
  std::string name;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '~') {
      name += escaped[i];
    } else {
      if (++i == escaped.size() || (escaped[i] != '0' && escaped[i] != '1')) return std::nullopt;
      name += escaped[i] == '0' ? '~' : '/';
    }
  }
  return name;
}

struct Place {
  simdjson::dom::element element;
  std::string_view written;
};

std::optional<Place> member(const Place& in, std::string_view name) {
  std::optional<Place> found;
  bool twice = false;
  simdjson::dom::object object;
  if (in.element.get(object)) return std::nullopt;
  const auto all = each_member(object, in.written, [&](auto key, auto element, auto written) -> Result<void> {
    if (key != name) return {};
    twice = found.has_value();
    found = Place{element, written};
    return {};
  });
  return all && !twice ? found : std::nullopt;
}

std::optional<Place> item(const Place& in, std::string_view name) {
  std::size_t wanted = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), wanted);
  if (error != std::errc{} || end != name.data() + name.size() || (name.size() > 1 && name[0] == '0'))
    return std::nullopt;
  std::optional<Place> found;
  simdjson::dom::array array;
  if (in.element.get(array)) return std::nullopt;
  const auto all = each_item(array, in.written, [&](std::size_t index, auto element, auto written) -> Result<void> {
    if (index == wanted) found = Place{element, written};
    return {};
  });
  return all ? found : std::nullopt;
}

std::optional<std::string> scalar(const Place& place) {
  std::string_view text;
  switch (place.element.type()) {
    case simdjson::dom::element_type::STRING:
      if (place.element.get(text)) return std::nullopt;
      return std::string(text);
    case simdjson::dom::element_type::OBJECT:
    case simdjson::dom::element_type::ARRAY:
    case simdjson::dom::element_type::NULL_VALUE: return std::nullopt;
    default: return std::string(place.written);
  }
}

}  // namespace

std::string pointer_to(std::string_view base, std::string_view name) {
  std::string pointer(base);
  pointer += '/';
  for (const char c : name) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
  return pointer;
}

JsonDocument::JsonDocument() : parts_(std::make_unique<Parts>()) {
  // Its errors come again with the first parse.
  [[maybe_unused]] const auto error = parts_->parser.allocate(16u << 10, kMaxJsonDepth);
}
JsonDocument::~JsonDocument() = default;

Result<void> JsonDocument::parse(std::string_view body) {
  if (body.starts_with("\xef\xbb\xbf")) return fail(Code::invalid, "the body begins with a byte order mark");
  auto& parts = *parts_;
  parts.text = body;
  parts.parsed = parts.exact = false;
  auto error = parts.parser.parse(body.data(), body.size()).get(parts.root);
  parts.exact = !error;
  if (error && error != simdjson::UTF8_ERROR && error != simdjson::DEPTH_ERROR && error != simdjson::EMPTY) {
    const std::string smaller = with_small_numbers(body);
    if (!smaller.empty()) error = parts.parser.parse(smaller).get(parts.root);
  }
  parts.parsed = !error;
  if (!error) return {};
  parts.root = {};
  parts.text = {};
  return fail(not_json(error));
}

void JsonDocument::clear() {
  parts_->parsed = parts_->exact = false;
  parts_->root = {};
  parts_->text = {};
}

JsonValue JsonDocument::root() const { return exact() ? JsonValueAccess::of(parts_->root) : JsonValue(); }

bool JsonDocument::exact() const { return parts_->parsed && parts_->exact; }

namespace {

std::optional<Place> find(const JsonDocument::Parts& parts, std::string_view pointer) {
  if (parts.text.empty()) return std::nullopt;
  std::optional<Place> place = Place{parts.root, parts.text};
  if (pointer.empty()) place->written = JsonScanner(place->written).value();
  while (!pointer.empty()) {
    if (pointer[0] != '/') return std::nullopt;
    const auto next = pointer.find('/', 1);
    const auto name = token(pointer.substr(1, next - 1));
    if (!name) return std::nullopt;
    place = place->element.is_object() ? member(*place, *name) : item(*place, *name);
    if (!place) return std::nullopt;
    pointer = next == std::string_view::npos ? std::string_view{} : pointer.substr(next);
  }
  return place;
}

}  // namespace

std::optional<std::string> JsonDocument::text_at(std::string_view pointer) const {
  const auto place = find(*parts_, pointer);
  return place ? scalar(*place) : std::nullopt;
}

std::optional<std::string> JsonDocument::string_at(std::string_view pointer) const {
  const auto place = find(*parts_, pointer);
  return place && place->element.is_string() ? scalar(*place) : std::nullopt;
}

std::optional<std::string> json_text_at(std::string_view body, std::string_view pointer) {
  JsonDocument document;
  if (!document.parse(body)) return std::nullopt;
  return document.text_at(pointer);
}

}  // namespace certes::event
