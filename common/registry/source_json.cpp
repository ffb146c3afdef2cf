#include <algorithm>

#include "common/crypto/crypto.hpp"
#include "common/registry/codec.hpp"

namespace certes::registry {
namespace {

constexpr std::size_t kMaxSecrets = 8;
constexpr std::string_view kSchemes[] = {"none", "key", "standard-webhooks", "github"};
constexpr std::string_view kTokenCharacters =
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// header:NAME, json:/pointer
bool valid_place(std::string_view text) {
  if (text.starts_with("header:")) {
    text.remove_prefix(7);
    return !text.empty() && text.find_first_not_of(kTokenCharacters) == text.npos;
  }
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
    fields.refuse(name, "must be header:NAME, json:/pointer, const:TEXT or a template with {header:NAME} in it");
  }
}

void read_scheme(Fields& fields, std::string& scheme) {
  fields.text("scheme", scheme, 64);
  fields.required("scheme");
  if (fields.ok() && std::ranges::count(kSchemes, std::string_view(scheme)) == 0) {
    fields.refuse("scheme",
                  "the scheme \"" + scheme + "\" is not supported yet, only none, key, standard-webhooks, github");
  }
}

void check_secrets(Fields& fields, const Verify& verify) {
  const bool signs = verify.scheme == "standard-webhooks" || verify.scheme == "github";
  const std::string_view member = fields.has("secret") ? "secret" : "secrets";
  if (!signs && !verify.secrets.empty()) {
    return fields.refuse(member, "the scheme \"" + verify.scheme + "\" has no secret");
  }
  for (const std::string& secret : verify.secrets) {
    if (secret.empty()) return fields.refuse(member, "a secret must not be empty");
    if (verify.scheme != "standard-webhooks") continue;
    if (auto made = crypto::StandardWebhooks::make(secret); !made) return fields.refuse(member, made.error().message);
  }
}

void read_verify(Fields& outer, Verify& verify, Form form) {
  const Json* json = outer.take("verify");
  if (json == nullptr) return;
  Fields fields(*json, outer.at("verify"));
  read_scheme(fields, verify.scheme);
  if (form == Form::declared && fields.has("secret") && fields.has("secrets")) {
    fields.refuse("secret", "give \"secret\" or \"secrets\", not both");
  }
  if (form == Form::declared && fields.has("secret")) {
    verify.secrets.emplace_back();
    fields.text("secret", verify.secrets.back(), 512);
  }
  fields.texts("secrets", verify.secrets, kMaxSecrets, 1'024);
  if (form == Form::declared && fields.ok()) check_secrets(fields, verify);
  fields.integer<std::int64_t>("tolerance_seconds", verify.tolerance_seconds, 1, 86'400);
  fields.not_yet({"url", "header", "prefix", "algorithm", "encoding", "signed", "verify_token"});
  if (auto error = fields.done()) outer.refuse(std::move(*error));
}

void read_response(Fields& outer, int& status) {
  const Json* json = outer.take("response");
  if (json == nullptr) return;
  Fields fields(*json, outer.at("response"));
  fields.integer("status", status, 200, 299);
  fields.not_yet({"body", "content_type", "headers"});
  if (auto error = fields.done()) outer.refuse(std::move(*error));
}

void read_forward_headers(Fields& fields, std::vector<std::string>& names) {
  fields.texts("forward_headers", names, 32, 128);
  for (std::size_t i = 0; fields.ok() && i < names.size(); ++i) {
    std::string& name = names[i];
    if (name.empty() || name.find_first_not_of(kTokenCharacters) != name.npos) {
      return fields.refuse(
          Error(Code::invalid, "is no name of a header", fields.at("forward_headers") + "/" + std::to_string(i)));
    }
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
}

}  // namespace

void read(Fields& fields, Source& source, Form form) {
  read_verify(fields, source.verify, form);
  read_from(fields, "type_from", source.type_from);
  read_from(fields, "id_from", source.id_from);
  read_from(fields, "key_from", source.key_from);
  read_from(fields, "subject_from", source.subject_from);
  read_forward_headers(fields, source.forward_headers);
  read_response(fields, source.response_status);
  fields.boolean("deduplicate", source.deduplicate);
  fields.only("on_invalid", "refuse");
  fields.number("rate_per_second", source.rate_per_second, 0, 1e6);
  fields.text("backoff_policy", source.backoff_policy, 128);
  fields.text("producer_backoff_policy", source.producer_backoff_policy, 128);
}

void write(OrderedJson& out, const Source& source, bool stored) {
  OrderedJson& verify = out["verify"];
  verify["scheme"] = source.verify.scheme;
  if (stored && !source.verify.secrets.empty()) verify["secrets"] = source.verify.secrets;
  verify["tolerance_seconds"] = source.verify.tolerance_seconds;
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
  out["response"]["status"] = source.response_status;
  out["deduplicate"] = source.deduplicate;
  if (source.rate_per_second > 0) out["rate_per_second"] = source.rate_per_second;
}

}  // namespace certes::registry
