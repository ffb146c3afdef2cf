#include "common/registry/slices.hpp"

namespace certes::registry {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skip_space() {
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool ended() {
    skip_space();
    return at_ == text_.size();
  }
  // With its quotes; empty if there is none.
  std::string_view take_string() {
    skip_space();
    const std::size_t from = at_;
    return skip_string() ? text_.substr(from, at_ - from) : std::string_view();
  }
  std::string_view take_value() {
    skip_space();
    const std::size_t from = at_;
    return skip_value() ? text_.substr(from, at_ - from) : std::string_view();
  }

 private:
  bool skip_string() {
    if (at_ >= text_.size() || text_[at_] != '"') return false;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        ++at_;
        return true;
      }
    }
    return false;
  }

  // To the comma or bracket behind it. Spaces before that count to it: they are harmless.
  bool skip_value() {
    const std::size_t from = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        if (!skip_string()) return false;
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    }
    return depth == 0 && at_ > from;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<std::vector<Slice>> parts_of(std::string_view text, char open, char close, bool named, std::size_t most) {
  Scanner scanner(text);
  std::vector<Slice> parts;
  if (!scanner.take(open)) return std::nullopt;
  if (scanner.take(close)) return scanner.ended() ? std::optional(std::move(parts)) : std::nullopt;
  do {
    Slice part;
    if (named) {
      part.name = scanner.take_string();
      if (part.name.empty() || !scanner.take(':')) return std::nullopt;
      part.name = part.name.substr(1, part.name.size() - 2);
    }
    part.value = scanner.take_value();
    if (part.value.empty()) return std::nullopt;
    parts.push_back(part);
    if (parts.size() > most) return parts;
  } while (scanner.take(','));
  if (!scanner.take(close) || !scanner.ended()) return std::nullopt;
  return parts;
}

}  // namespace

std::optional<std::vector<Slice>> members_of(std::string_view object) {
  return parts_of(object, '{', '}', true, kAllItems);
}
std::optional<std::vector<Slice>> items_of(std::string_view array, std::size_t most) {
  return parts_of(array, '[', ']', false, most);
}

}  // namespace certes::registry
