#include "gateway/webhook/extract.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr std::string_view kHeader = "header:", kJson = "json:", kForm = "form:", kConst = "const:";

bool header_name(std::string_view name) {
  for (const char c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word && std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos) return false;
  }
  return !name.empty();
}

}  // namespace

Result<Extract::Part> Extract::parse_part(std::string_view text) {
  if (text.starts_with(kHeader)) {
    const auto name = text.substr(kHeader.size());
    if (!header_name(name)) return fail(Code::invalid, "\"" + std::string(name) + "\" is no header name");
    return Part{From::header, std::string(name)};
  }
  if (text.starts_with(kJson)) {
    const auto pointer = text.substr(kJson.size());
    if (!pointer.empty() && pointer[0] != '/')
      return fail(Code::invalid, "\"" + std::string(pointer) + "\" is no JSON pointer: it begins with '/'");
    return Part{From::json, std::string(pointer)};
  }
  if (text.starts_with(kForm)) {
    if (text.size() == kForm.size()) return fail(Code::invalid, "form: without a name");
    return Part{From::form, std::string(text.substr(kForm.size()))};
  }
  return fail(Code::invalid, "\"" + std::string(text) + "\" is neither header:NAME, json:/pointer nor form:NAME");
}

Result<Extract> Extract::parse(std::string_view text) {
  Extract extract;
  extract.text_ = text;
  if (text.starts_with(kConst)) {
    if (text.size() == kConst.size()) return fail(Code::invalid, "const: without a text");
    extract.parts_.push_back({From::text, std::string(text.substr(kConst.size()))});
    return extract;
  }
  if (text.starts_with(kHeader) || text.starts_with(kJson) || text.starts_with(kForm)) {
    auto part = parse_part(text);
    if (!part) return fail(std::move(part.error()));
    extract.parts_.push_back(std::move(*part));
    return extract;
  }
  if (text.find('{') == std::string_view::npos)
    return fail(Code::invalid,
                "expected header:NAME, json:/pointer, form:NAME, const:TEXT or a template with {header:NAME}");
  while (!text.empty()) {
    const auto open = text.find('{');
    const auto plain = text.substr(0, open);
    if (plain.find('}') != std::string_view::npos) return fail(Code::invalid, "'}' without '{'");
    if (!plain.empty()) extract.parts_.push_back({From::text, std::string(plain)});
    if (open == std::string_view::npos) break;
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) return fail(Code::invalid, "'{' without '}'");
    auto part = parse_part(text.substr(open + 1, close - open - 1));
    if (!part) return fail(std::move(part.error()));
    extract.parts_.push_back(std::move(*part));
    text = text.substr(close + 1);
  }
  return extract;
}

std::optional<std::string> Extract::operator()(const Offer& offer) const {
  if (parts_.empty()) return std::nullopt;
  std::string out;
  bool first_lookup = true;
  for (const auto& part : parts_) {
    if (part.from == From::text) {
      out += part.value;
      continue;
    }
    const Lookup& lookup = part.from == From::header ? offer.header : part.from == From::json ? offer.json : offer.form;
    const auto value = lookup(part.value);
    const bool absent = !value || value->empty();
    if (absent && first_lookup) return std::nullopt;
    first_lookup = false;
    if (!absent)
      out += *value;
    else if (out.ends_with('.'))
      out.pop_back();
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::optional<Found> first_found(const std::vector<Extract>& extracts, const Offer& offer) {
  for (const Extract& extract : extracts)
    if (auto value = extract(offer)) return Found{std::move(*value), extract.text()};
  return std::nullopt;
}

}  // namespace certes::gateway::ingest
