#include "common/event/attributes.hpp"
#include "common/registry/codec.hpp"
#include "common/registry/resource_json.hpp"
#include "common/registry/schemes.hpp"
#include "common/registry/verify_json.hpp"

namespace certes::registry {
namespace {

constexpr std::size_t kMaxResponseBytes = 4'096;

// header:NAME, json:/pointer, form:NAME
bool valid_place(std::string_view text) {
  if (text.starts_with("header:")) return valid_header_name(text.substr(7));
  if (text.starts_with("form:")) return text.size() > 5;
  return text.starts_with("json:/");
}

// A place, const:TEXT, or a template with places in braces.
bool valid_from(std::string_view text) {
  if (valid_place(text)) return true;
  if (text.starts_with("const:")) return text.size() > 6;
  bool any = false;
  while (!text.empty()) {
    const std::size_t open = text.find_first_of("{}");
    if (open == text.npos) break;
    const std::size_t close = text.find('}', open);
    if (text[open] == '}' || close == text.npos || !valid_place(text.substr(open + 1, close - open - 1))) return false;
    any = true;
    text.remove_prefix(close + 1);
  }
  return any;
}

void read_from(Fields& fields, std::string_view name, std::string& out) {
  fields.text(name, out, 512);
  if (fields.ok() && fields.has(name) && !valid_from(out)) {
    fields.refuse(name,
                  "must be header:NAME, json:/pointer, form:NAME, const:TEXT or a template with {header:NAME} in it");
  }
}

void read_response(Fields& outer, SourceResponse& response) {
  const Json* json = outer.take("response");
  if (json == nullptr) return;
  Fields fields = outer.inside(*json, "response");
  fields.integer("status", response.status, 200, 299);
  if (fields.has("body")) fields.text("body", response.body.emplace(), kMaxResponseBytes);
  fields.text("content_type", response.content_type, 128);
  const bool empty = !response.body || response.body->empty();
  if (fields.ok() && empty && !response.content_type.empty())
    fields.refuse("content_type", "a content type needs a body");
  if (fields.ok() && !empty && (response.status == 204 || response.status == 205))
    fields.refuse("body", "an answer of this status has no body");
  for (const char c : response.content_type)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) fields.refuse("content_type", "holds a control character");
  fields.not_yet({"headers"});
  if (auto error = fields.done()) outer.refuse(std::move(*error));
}

void read_forward_headers(Fields& fields, std::vector<std::string>& names) {
  fields.texts("forward_headers", names, 32, 128);
  for (std::size_t i = 0; fields.ok() && i < names.size(); ++i) {
    std::string& name = names[i];
    if (!valid_header_name(name)) {
      return fields.refuse(
          Error(Code::invalid, "is no name of a header", fields.at("forward_headers") + "/" + std::to_string(i)));
    }
    if (event::carries_credentials(name)) {
      return fields.refuse(Error(Code::invalid, "is never forwarded: it carries credentials",
                                 fields.at("forward_headers") + "/" + std::to_string(i)));
    }
    name = lower_case(name);
  }
}

void read_signature_tolerance(Fields& fields, Source& source, Form form) {
  using Tolerance = Source::SignatureTolerance;
  if (!fields.has("signature_tolerance")) return;
  bool keep = false;
  fields.choice("signature_tolerance", keep, {"resign", "keep"});
  source.signature_tolerance = keep ? Tolerance::keep : Tolerance::resign;
  if (form == Form::stored || !fields.ok() || keep) return;
  const Scheme* const scheme = find_scheme(source.verify.scheme);
  if (scheme != nullptr && !scheme->can_sign_anew)
    fields.refuse("signature_tolerance", "of the scheme \"" + source.verify.scheme + "\" nothing can be signed anew");
}

void write_response(OrderedJson& out, const SourceResponse& response) {
  if (response.status != 0) out["response"]["status"] = response.status;
  if (response.body) out["response"]["body"] = *response.body;
  if (!response.content_type.empty()) out["response"]["content_type"] = response.content_type;
}

}  // namespace

void read(Fields& fields, Source& source, Form form) {
  read_verify(fields, source.verify, form);
  read_from(fields, "type_from", source.type_from);
  read_from(fields, "id_from", source.id_from);
  read_from(fields, "key_from", source.key_from);
  read_from(fields, "subject_from", source.subject_from);
  read_forward_headers(fields, source.forward_headers);
  read_response(fields, source.response);
  fields.boolean("deduplicate", source.deduplicate);
  fields.choice("on_invalid", source.quarantine_invalid, {"refuse", "quarantine"});
  source.exclusive = source.exclusive_by_default();
  fields.boolean("exclusive", source.exclusive);
  read_signature_tolerance(fields, source, form);
  fields.only("kind", "http");
  fields.number("rate_per_second", source.rate_per_second, 0, 1e6);
  fields.text("backoff_policy", source.backoff_policy, 128);
  fields.text("producer_backoff_policy", source.producer_backoff_policy, 128);
}

void write(OrderedJson& out, const Source& source, bool stored) {
  write_verify(out["verify"], source.verify, stored);
  const std::pair<const char*, const std::string*> texts[] = {
      {"type_from", &source.type_from},
      {"id_from", &source.id_from},
      {"key_from", &source.key_from},
      {"subject_from", &source.subject_from},
      {"backoff_policy", &source.backoff_policy},
      {"producer_backoff_policy", &source.producer_backoff_policy}};
  for (const auto& [name, text] : texts) {
    if (!text->empty()) out[name] = *text;
  }
  if (!source.forward_headers.empty()) out["forward_headers"] = source.forward_headers;
  write_response(out, source.response);
  out["deduplicate"] = source.deduplicate;
  if (source.quarantine_invalid) out["on_invalid"] = "quarantine";
  if (source.signature_tolerance != Source::SignatureTolerance::unsaid)
    out["signature_tolerance"] = source.signature_tolerance == Source::SignatureTolerance::keep ? "keep" : "resign";
  // What follows from the scheme is not kept, so that it follows the next one too.
  if (!stored || source.exclusive != source.exclusive_by_default()) out["exclusive"] = source.exclusive;
  if (source.rate_per_second > 0) out["rate_per_second"] = source.rate_per_second;
}

}  // namespace certes::registry
