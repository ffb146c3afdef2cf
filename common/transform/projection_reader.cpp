#include "common/transform/projection_reader.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/event/attributes.hpp"
#include "common/event/request_headers.hpp"
#include "common/event/structured.hpp"
#include "common/transform/limits.hpp"
#include "common/transform/template_text.hpp"

namespace certes::transform {
namespace {

using PatternJson = nlohmann::ordered_json;

std::string json_string(const std::string& text) {
  std::string written;
  event::append_json_string(written, text);
  return written;
}

// "a/b" → "/a~1b".
std::string below(const std::string& pointer, std::string_view name) {
  std::string step = pointer + '/';
  for (const char c : name) step += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return step;
}

class ProjectionReader {
 public:
  Result<Projection> read(const PatternJson& json, const std::string& pointer) {
    if (!json.is_object()) return fail(Code::invalid, "must be an object", pointer);
    for (const auto& [name, value] : json.items()) {
      const std::string at = below(pointer, name);
      if (name == "body")
        made_.body = pattern(value, at);
      else if (name == "headers")
        headers(value, at);
      else
        refuse("is none of \"body\" and \"headers\"", at);
    }
    for (std::uint32_t i = 0; i < made_.pointers.size(); ++i) enter_steps(i);
    if (error_) return fail(std::move(*error_));
    return std::move(made_);
  }

 private:
  void refuse(std::string message, const std::string& at) {
    if (!error_) error_ = Error(Code::invalid, std::move(message), at);
  }

  // As deep as the JSON is, which is bounded.
  Pattern pattern(const PatternJson& json, const std::string& at) {
    if (json.is_string()) return of_string(json.get_ref<const std::string&>(), at);
    if (!json.is_structured()) return {Pattern::Kind::written, json.dump()};
    Pattern made{json.is_object() ? Pattern::Kind::object : Pattern::Kind::array};
    for (const auto& [name, value] : json.items())
      made.members.emplace_back(json.is_object() ? json_string(name) : std::string(), pattern(value, below(at, name)));
    return made;
  }

  Pattern of_string(const std::string& text, const std::string& at) {
    TemplateText pieces = template_text(text, at);
    const Piece& first = pieces.front();
    if (pieces.size() == 1) return {Pattern::Kind::written, json_string(first.text)};
    const bool all = pieces.size() == 2 && first.text.empty() && pieces.back().text.empty();
    return {all ? Pattern::Kind::value : Pattern::Kind::text, {}, std::move(pieces)};
  }

  TemplateText template_text(const std::string& text, const std::string& at) {
    const auto add = [this](Pointer&& pointer) { return number_of(std::move(pointer)); };
    auto pieces = read_template(text, add);
    if (pieces) return std::move(*pieces);
    refuse(pieces.error().message, at);
    return {Piece{}};
  }

  std::uint32_t number_of(Pointer&& pointer) {
    const auto known = std::ranges::find(made_.pointers, pointer.text, &Pointer::text);
    const auto number = static_cast<std::uint32_t>(known - made_.pointers.begin());
    if (known == made_.pointers.end()) made_.pointers.push_back(std::move(pointer));
    if (made_.pointers.size() > kMaxPointers)
      refuse("has more than " + std::to_string(kMaxPointers) + " pointers", "/project");
    return number;
  }

  void enter_steps(std::uint32_t number) {
    const Pointer& pointer = made_.pointers[number];
    if (pointer.from != From::data) return;
    Steps* at = &made_.data;
    for (const std::string& step : pointer.steps) at = &at->next[step];
    at->pointer = number;
  }

  void headers(const PatternJson& json, const std::string& at) {
    if (!json.is_object()) return refuse("must be an object", at);
    if (json.size() > kMaxHeaders) return refuse("has more than " + std::to_string(kMaxHeaders) + " entries", at);
    for (const auto& [name, value] : json.items()) header(name, value, below(at, name));
  }

  void header(const std::string& name, const PatternJson& value, const std::string& at) {
    const bool type = event::equal_ignoring_case(name, "content-type");
    if (!event::valid_header_name(name)) return refuse("is no name of a header", at);
    if (!type && !event::may_make(name)) return refuse("is a header that no transformation may set", at);
    if (std::ranges::any_of(made_.headers, [&](const auto& one) { return event::equal_ignoring_case(one.name, name); }))
      return refuse("is there already, in other letters", at);
    if (value.is_null() && !type) return void(made_.headers.push_back({name, std::nullopt}));
    if (!value.is_string()) return refuse(type ? "must be a string" : "must be a string, or null", at);
    TemplateText text = template_text(value.get_ref<const std::string&>(), at);
    for (const Piece& piece : text)
      if (!event::fit_value(piece.text) || !event::fit_value(piece.otherwise.value_or("")))
        return refuse("holds a control character", at);
    made_.headers.push_back({name, std::move(text)});
  }

  Projection made_;
  std::optional<Error> error_;
};

}  // namespace

Result<Projection> read_projection(const PatternJson& json, const std::string& pointer) {
  return ProjectionReader().read(json, pointer);
}

}  // namespace certes::transform
