#pragma once
// Inside common/event only: simdjson's tree of a checked text, walked in step with the text itself, which gives the
// bytes of each value as they were written.

#include <simdjson.h>

#include <cstring>
#include <string_view>

#include "common/event/json_document.hpp"

namespace certes::event {

struct JsonDocument::Parts {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view text;
  bool parsed = false;
  bool exact = false;
};

// JsonValue is simdjson's element, under a name that headers may know.
struct JsonValueAccess {
  static JsonValue of(simdjson::dom::element element) {
    JsonValue value;
    static_assert(sizeof element == sizeof value.words_ && std::is_trivially_copyable_v<simdjson::dom::element>);
    std::memcpy(value.words_.data(), &element, sizeof element);
    return value;
  }
  static simdjson::dom::element element(JsonValue value) {
    simdjson::dom::element element;
    std::memcpy(static_cast<void*>(&element), value.words_.data(), sizeof element);
    return element;
  }
};

// Steps over JSON text that simdjson has accepted: nothing is checked again.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  // Into an object or array, over '{' or '['.
  void enter() { space(), ++at_; }
  // Where what comes next begins.
  const char* here() {
    space();
    return at_;
  }
  const char* after() const { return at_; }  // what was gone over last
  // Over the bracket of what has no members or items; over the ',' or bracket behind a value, if there is one.
  void leave() { separator(); }
  void separator() {
    space();
    if (at_ != end_) ++at_;
  }
  // The next value as written; then over the ',' or bracket behind it.
  std::string_view value() {
    space();
    const char* const begin = at_;
    skip_value();
    const std::string_view written(begin, static_cast<std::size_t>(at_ - begin));
    separator();
    return written;
  }
  // Over a member's name and ':'.
  void name() {
    space();
    skip_string();
    space();
    ++at_;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  void space() {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }
  void skip_string() {
    for (++at_;; ++at_) {
      at_ = static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
      const char* before = at_;
      while (before[-1] == '\\') --before;
      if ((at_ - before) % 2 == 0) break;  // an even number of backslashes escapes nothing but themselves
    }
    ++at_;
  }
  void skip_value() {
    if (*at_ == '"') return skip_string();
    if (*at_ == '{' || *at_ == '[') return skip_nested();
    while (at_ != end_ && *at_ != ',' && *at_ != '}' && *at_ != ']' && !is_space(*at_)) ++at_;
  }
  void skip_nested() {
    for (int depth = 0; at_ != end_;) {
      switch (*at_) {
        case '"': skip_string(); continue;
        case '{':
        case '[': ++depth; break;
        case '}':
        case ']':
          if (--depth == 0) return void(++at_);
          break;
        default: break;
      }
      ++at_;
    }
  }

  const char* at_;
  const char* end_;
};

// Calls on_member(name, element, written) for each, until it gives an error.
template <class OnMember>
Result<void> each_member(simdjson::dom::object object, std::string_view written, OnMember on_member) {
  JsonScanner scanner(written);
  scanner.enter();
  for (const auto field : object) {
    scanner.name();
    if (auto done = on_member(field.key, field.value, scanner.value()); !done) return done;
  }
  return {};
}

// Calls on_item(index, element, written) for each, until it gives an error.
template <class OnItem>
Result<void> each_item(simdjson::dom::array array, std::string_view written, OnItem on_item) {
  JsonScanner scanner(written);
  scanner.enter();
  std::size_t index = 0;
  for (const auto item : array)
    if (auto done = on_item(index++, item, scanner.value()); !done) return done;
  return {};
}

// "a/b" → "/a~1b", behind `base`.
std::string pointer_to(std::string_view base, std::string_view name);

}  // namespace certes::event
