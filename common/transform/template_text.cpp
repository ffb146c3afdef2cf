#include "common/transform/template_text.hpp"

#include <array>

#include "common/transform/limits.hpp"

namespace certes::transform {
namespace {

constexpr std::array<std::string_view, 5> kRoots = {"data", "event", "headers", "query", "payload"};

Error no_pointer(std::string_view text, std::string_view why) {
  return {Code::invalid, "\"" + std::string(text) + "\" " + std::string(why)};
}

// RFC 6901; nothing: '~' stands before neither 0 nor 1.
std::optional<std::string> unescaped_step(std::string_view step) {
  std::string name;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] != '~') {
      name += step[i];
      continue;
    }
    if (++i == step.size() || (step[i] != '0' && step[i] != '1')) return std::nullopt;
    name += step[i] == '0' ? '~' : '/';
  }
  return name;
}

// Of all roots but the payload's, what is named is text, and has nothing below it.
bool fits(From from, std::size_t steps) {
  if (from == From::data) return steps <= kMaxSteps;
  return steps == (from == From::payload ? 0 : 1);
}

std::string_view shape_of(From from) {
  switch (from) {
    case From::data: return "has more than 32 steps";
    case From::event: return "must name an attribute: /event/type";
    case From::headers: return "must name a header: /headers/x-github-event";
    case From::query: return "must name a field of the query: /query/page";
    case From::payload: break;
  }
  return "has nothing below it";
}

Result<Pointer> read_pointer(std::string_view text) {
  if (!text.starts_with('/')) return fail(no_pointer(text, "is no JSON pointer: it begins with '/'"));
  Pointer pointer{std::string(text)};
  std::vector<std::string> steps;
  for (std::string_view left = text; !left.empty();) {
    const auto next = left.find('/', 1);
    auto step = unescaped_step(left.substr(1, next - 1));
    if (!step) return fail(no_pointer(text, "is no JSON pointer: '~' stands before 0 or 1 alone"));
    steps.push_back(std::move(*step));
    left = next == left.npos ? std::string_view() : left.substr(next);
  }
  std::size_t root = 0;
  while (root < kRoots.size() && kRoots[root] != steps.front()) ++root;
  if (root == kRoots.size())
    return fail(no_pointer(text, "begins with none of /data, /event, /headers, /query and /payload"));
  pointer.from = static_cast<From>(root);
  steps.erase(steps.begin());
  if (!fits(pointer.from, steps.size())) return fail(no_pointer(text, shape_of(pointer.from)));
  pointer.steps = std::move(steps);
  return pointer;
}

}  // namespace

Result<TemplateText> read_template(std::string_view text, const std::function<std::uint32_t(Pointer&&)>& add) {
  TemplateText pieces(1);
  while (!text.empty()) {
    const auto at = text.find("${");
    const bool escaped = at != text.npos && at > 0 && text[at - 1] == '$';
    pieces.back().text += text.substr(0, escaped ? at - 1 : at);
    if (at == text.npos) break;
    text.remove_prefix(at + 2);
    if (escaped) {
      pieces.back().text += "${";
      continue;
    }
    const auto end = text.find('}');
    if (end == text.npos) return fail(Code::invalid, "has no '}' behind \"${\" (a \"$${\" stands for \"${\")");
    const std::string_view inside = text.substr(0, end);
    const auto bar = inside.find('|');
    auto pointer = read_pointer(inside.substr(0, bar));
    if (!pointer) return fail(std::move(pointer.error()));
    pieces.back().pointer = add(std::move(*pointer));
    if (bar != inside.npos) pieces.back().otherwise = inside.substr(bar + 1);
    pieces.emplace_back();
    text.remove_prefix(end + 1);
  }
  return pieces;
}

}  // namespace certes::transform
