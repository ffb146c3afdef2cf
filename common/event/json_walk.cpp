#include "common/event/json_walk.hpp"

#include "common/event/json_parts.hpp"

namespace certes::event {
namespace {

using WalkNext = JsonVisitor::Next;
using WalkType = simdjson::dom::element_type;

JsonScalar scalar_of(simdjson::dom::element element) {
  using Kind = JsonScalar::Kind;
  JsonScalar value;
  switch (element.type()) {
    case WalkType::STRING: value.kind = Kind::text, value.text = std::string_view(element); break;
    case WalkType::BOOL: value.kind = Kind::boolean, value.boolean = bool(element); break;
    case WalkType::INT64: value.kind = Kind::integer, value.integer = std::int64_t(element); break;
    case WalkType::UINT64: value.kind = Kind::real, value.real = static_cast<double>(std::uint64_t(element)); break;
    case WalkType::DOUBLE: value.kind = Kind::real, value.real = double(element); break;
    default: break;
  }
  return value;
}

class Walk {
 public:
  Walk(std::string_view text, JsonVisitor& visitor) : scanner_(text), visitor_(visitor) {}

  bool value(simdjson::dom::element element) {
    switch (element.type()) {
      case WalkType::OBJECT: return object(simdjson::dom::object(element));
      case WalkType::ARRAY: return array(simdjson::dom::array(element));
      default: return visitor_.scalar(scalar_of(element), scanner_.value());
    }
  }

 private:
  bool object(simdjson::dom::object object) {
    const char* const begin = scanner_.here();
    scanner_.enter();
    if (!visitor_.begin(true)) return false;
    bool empty = true;
    for (const auto field : object) {
      empty = false;
      scanner_.name();
      if (!within(visitor_.member(field.key), field.value)) return false;
    }
    return end(begin, empty);
  }
  bool array(simdjson::dom::array array) {
    const char* const begin = scanner_.here();
    scanner_.enter();
    if (!visitor_.begin(false)) return false;
    bool empty = true;
    for (const auto item : array) {
      empty = false;
      if (!within(visitor_.item(), item)) return false;
    }
    return end(begin, empty);
  }
  bool within(WalkNext next, simdjson::dom::element element) {
    if (next == WalkNext::into) return value(element);
    if (next == WalkNext::over) scanner_.value();
    return next == WalkNext::over;
  }
  // The last value has gone over the bracket.
  bool end(const char* begin, bool empty) {
    if (empty) scanner_.leave();
    const std::string_view written(begin, static_cast<std::size_t>(scanner_.after() - begin));
    scanner_.separator();
    return visitor_.end(written);
  }

  JsonScanner scanner_;
  JsonVisitor& visitor_;
};

}  // namespace

bool walk(JsonDocument& document, JsonVisitor& visitor) {
  const JsonDocument::Parts& parts = document.parts();
  return parts.parsed && Walk(parts.text, visitor).value(parts.root);
}

}  // namespace certes::event
