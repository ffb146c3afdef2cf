#include "common/transform/project.hpp"

#include "common/event/attributes.hpp"
#include "common/event/request_headers.hpp"
#include "common/event/structured.hpp"
#include "common/transform/picked.hpp"

namespace certes::transform {
namespace {

using PickedState = PickedValue::State;
using Why = Failure::Why;

class ProjectionRun {
 public:
  ProjectionRun(const Projection& projection, const Source& source, const Limits& limits)
      : projection_(projection), limits_(limits), picked_(projection, source) {}

  Transformed run() {
    Made made;
    if (projection_.body) {
      std::string body;
      if (!write(*projection_.body, body)) return tl::unexpected(std::move(failure_));
      made.body = std::make_shared<const std::string>(std::move(body));
      made.content_type = "application/json";
    }
    for (const HeaderPattern& header : projection_.headers)
      if (!add(header, made)) return tl::unexpected(std::move(failure_));
    return made;
  }

 private:
  bool fail(Why why, std::string text) {
    failure_ = {why, std::move(text)};
    return false;
  }
  bool within_bounds(const std::string& body) {
    if (body.size() <= limits_.max_output_bytes) return true;
    return fail(Why::output, "the body is longer than " + std::to_string(limits_.max_output_bytes) + " bytes");
  }
  const std::string& text_of(std::uint32_t pointer) const { return projection_.pointers[pointer].text; }

  // What the pointer leads to, unless it is not known which of two it is.
  bool once(std::uint32_t pointer) {
    if (picked_[pointer].state != PickedState::twice) return true;
    return fail(Why::member_twice, text_of(pointer) + ": a member on its way stands twice in its object");
  }

  // As deep as the pattern is.
  bool write(const Pattern& pattern, std::string& out) {
    switch (pattern.kind) {
      case Pattern::Kind::written: out += pattern.written; break;
      case Pattern::Kind::value: return write_value(pattern.text.front(), out);
      case Pattern::Kind::text: return write_text(pattern.text, out);
      case Pattern::Kind::array: return write_array(pattern, out);
      case Pattern::Kind::object: return write_object(pattern, out);
    }
    return within_bounds(out);
  }

  bool write_value(const Piece& piece, std::string& out) {
    if (!once(*piece.pointer)) return false;
    const PickedValue& value = picked_[*piece.pointer];
    if (value.state == PickedState::missing && piece.otherwise)
      event::append_json_string(out, *piece.otherwise);
    else if (value.state == PickedState::missing)
      out += "null";
    else if (!value.written.empty())
      out += value.written;
    else
      event::append_json_string(out, value.text);
    return within_bounds(out);
  }

  bool write_text(const TemplateText& pieces, std::string& out) {
    std::string text;
    if (!read_text(pieces, text)) return false;
    event::append_json_string(out, text);
    return within_bounds(out);
  }

  bool write_array(const Pattern& pattern, std::string& out) {
    out += '[';
    bool first = true;
    for (const auto& [name, item] : pattern.members) {
      if (!std::exchange(first, false)) out += ',';
      if (!write(item, out)) return false;
    }
    out += ']';
    return within_bounds(out);
  }

  bool write_object(const Pattern& pattern, std::string& out) {
    out += '{';
    bool first = true;
    for (const auto& [name, member] : pattern.members) {
      if (is_left_out(member)) continue;
      if (!std::exchange(first, false)) out += ',';
      out.append(name).push_back(':');
      if (!write(member, out)) return false;
    }
    out += '}';
    return within_bounds(out);
  }

  bool is_left_out(const Pattern& member) const {
    if (member.kind != Pattern::Kind::value) return false;
    const Piece& piece = member.text.front();
    return !piece.otherwise && picked_[*piece.pointer].state == PickedState::missing;
  }

  // Texts as they are, all else as its JSON.
  bool read_text(const TemplateText& pieces, std::string& text) {
    for (const Piece& piece : pieces) {
      text += piece.text;
      if (!piece.pointer) continue;
      if (!once(*piece.pointer)) return false;
      const PickedValue& value = picked_[*piece.pointer];
      if (value.state == PickedState::found)
        text += value.is_text ? value.text : value.written;
      else if (piece.otherwise)
        text += *piece.otherwise;
      else
        return fail(Why::missing, "there is nothing at " + text_of(*piece.pointer));
      if (!within_bounds(text)) return false;
    }
    return true;
  }

  bool add(const HeaderPattern& header, Made& made) {
    if (!header.value) {
      made.headers.emplace_back(header.name, std::nullopt);
      return true;
    }
    std::string value;
    if (!read_text(*header.value, value)) return false;
    if (!event::fit_value(value)) return fail(Why::header, "header " + header.name + " would hold a control character");
    if (value.size() > event::kMaxHeaderBytes)
      return fail(Why::header, "header " + header.name + " would be longer than " +
                                   std::to_string(event::kMaxHeaderBytes) + " bytes");
    if (event::equal_ignoring_case(header.name, "content-type"))
      made.content_type = std::move(value);
    else
      made.headers.emplace_back(header.name, std::move(value));
    return true;
  }

  const Projection& projection_;
  const Limits& limits_;
  const Picked picked_;
  Failure failure_;
};

}  // namespace

Transformed project(const Projection& projection, const Source& source, const Limits& limits) {
  return ProjectionRun(projection, source, limits).run();
}

}  // namespace certes::transform
