#include "common/json/json_text.hpp"

namespace certes {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool opens(char c) { return c == '{' || c == '['; }
bool closes(char c) { return c == '}' || c == ']'; }

// Behind the string that begins at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at < text.size() ? at + 1 : text.size();
}

std::size_t space_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

// Behind the value that begins at `at`.
std::size_t value_end(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (opens(c)) {
      ++depth;
    } else if (depth == 0 && (c == ',' || closes(c) || is_space(c))) {
      return at;
    } else if (closes(c) && --depth == 0) {
      return at + 1;
    }
    ++at;
  }
  return at;
}

}  // namespace

bool is_deeper(std::string_view text, std::size_t depth) {
  std::size_t at = 0, open = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at);
      continue;
    }
    if (opens(c) && ++open > depth) return true;
    if (closes(c) && open > 0) --open;
    ++at;
  }
  return false;
}

void add_raw_member(std::string& object, std::string_view name, std::string_view raw) {
  const std::size_t end = object.rfind('}');
  const std::size_t last = object.find_last_not_of(" \n\r\t", end - 1);
  std::string added(object[last] == '{' ? "\"" : ",\"");
  added.reserve(added.size() + name.size() + raw.size() + 4);
  added.append(name).append("\":").append(raw).append(1, '}');
  object.resize(end);
  object += added;
}

std::string indented_json(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  const auto line = [&] { out.append(1, '\n').append(2 * depth, ' '); };
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t end = string_end(json, at);
      out.append(json.substr(at, end - at));
      at = end;
      continue;
    }
    ++at;
    if (is_space(c)) continue;
    const std::size_t next = space_end(json, at);
    if (opens(c) && next < json.size() && closes(json[next])) {
      out.append(1, c).append(1, json[next]);
      at = next + 1;
    } else if (opens(c)) {
      out += c;
      ++depth;
      line();
    } else if (closes(c)) {
      if (depth > 0) --depth;
      line();
      out += c;
    } else {
      out += c;
      if (c == ',') line();
      if (c == ':') out += ' ';
    }
  }
  return out;
}

std::string compact_json(std::string_view json) {
  std::string out;
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t end = json[at] == '"' ? string_end(json, at) : at + 1;
    if (!is_space(json[at])) out.append(json.substr(at, end - at));
    at = end;
  }
  return out;
}

std::string_view raw_member(std::string_view object, std::string_view name) {
  std::string_view found;
  std::size_t at = space_end(object, 0);
  if (at >= object.size() || object[at] != '{') return found;
  for (++at; at < object.size();) {
    at = space_end(object, at);
    if (at >= object.size() || object[at] != '"') return found;
    const std::size_t end = string_end(object, at);
    const std::string_view key = object.substr(at + 1, end - at - 2);
    const std::size_t begin = space_end(object, space_end(object, end) + 1);
    const std::size_t behind = value_end(object, begin);
    if (key == name) found = object.substr(begin, behind - begin);
    at = space_end(object, behind) + 1;
  }
  return found;
}

}  // namespace certes
