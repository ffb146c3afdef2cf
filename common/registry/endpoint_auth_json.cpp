#include "common/registry/endpoint_auth_json.hpp"

#include <algorithm>

#include "common/registry/own_headers.hpp"
#include "common/registry/part_json.hpp"
#include "common/registry/schemes.hpp"

namespace certes::registry {
namespace {

const AuthScheme* read_auth_scheme(Fields& fields, std::string& name) {
  fields.text("scheme", name, 64);
  fields.also("scheme", [] {
    OrderedJson names = OrderedJson::array();
    for (const AuthScheme& scheme : auth_schemes()) names.push_back(scheme.name);
    return OrderedJson{{"enum", std::move(names)}};
  });
  fields.also("token_endpoint_auth_method", [] { return OrderedJson{{"enum", {kSecretBasic, kSecretPost}}}; });
  fields.required("scheme");
  const AuthScheme* const scheme = find_auth_scheme(name);
  if (fields.ok() && scheme == nullptr)
    fields.refuse("scheme", "the scheme \"" + name + "\" is not known, only " + auth_scheme_names());
  return scheme;
}

// The members that the scheme needs, and none that it does not take.
void check_fitting(Fields& fields, const AuthScheme& scheme) {
  const std::string name = "the scheme \"" + std::string(scheme.name) + "\"";
  for (const auto& member : EndpointAuth::members()) {
    if (!fields.ok()) return;
    const bool there = fields.has(member.name);
    if (there && !scheme.takes_member(member.name))
      fields.refuse(member.name, name + " takes no \"" + std::string(member.name) + "\"");
    else if (!there && scheme.needs_member(member.name))
      fields.refuse(member.name, name + " needs \"" + std::string(member.name) + "\"");
  }
}

bool is_token(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

// Where a signature's scope has them, between slashes.
bool is_scope_word(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

void check_texts(Fields& fields, const EndpointAuth& auth) {
  for (const auto& member : EndpointAuth::members()) {
    const std::string& text = auth.*member.place;
    if (!fields.ok() || !fields.has(member.name)) continue;
    if (text.empty()) fields.refuse(member.name, "must not be empty");
    if (has_space_around(text)) fields.refuse(member.name, std::string(kSpaceAround));
    if (!fit_header_value(text)) fields.refuse(member.name, "holds a control character");
  }
  if (auth.username.find(':') != std::string::npos)
    fields.refuse("username", "holds a colon, which ends a name (RFC 7617)");
  if (!is_scope_word(auth.service)) fields.refuse("service", "holds what is no letter (a-z), digit or hyphen");
  if (!is_scope_word(auth.region)) fields.refuse("region", "holds what is no letter (a-z), digit or hyphen");
  if (!std::ranges::all_of(auth.access_key_id, [](char c) { return is_token({&c, 1}) && c != '/' && c != ','; }))
    fields.refuse("access_key_id", "holds what no id of a key does");
  if (!is_token(auth.session_token)) fields.refuse("session_token", "holds what is no visible ASCII character");
  if (!is_token(auth.token)) fields.refuse("token", "holds what is no visible ASCII character");
  if (const auto& method = auth.token_endpoint_auth_method;
      fields.has("token_endpoint_auth_method") && method != kSecretBasic && method != kSecretPost)
    fields.refuse("token_endpoint_auth_method",
                  "must be one of " + std::string(kSecretBasic) + ", " + std::string(kSecretPost));
  if (auth.scheme == kHeaderAuth && fields.ok())
    if (auto wrong = wrong_header_name(auth.name)) fields.refuse("name", std::move(*wrong));
}

}  // namespace

void read_auth(Fields& outer, std::shared_ptr<const EndpointAuth>& auth, Form form) {
  const Json* json = outer.take(EndpointAuth::kName);
  if (json == nullptr) return;
  Fields fields = outer.inside(*json, EndpointAuth::kName);
  EndpointAuth read;
  const AuthScheme* const scheme = read_auth_scheme(fields, read.scheme);
  read_texts(fields, read, form);
  if (form == Form::declared && fields.reads() && fields.ok()) {
    check_fitting(fields, *scheme);
    check_texts(fields, read);
  }
  if (auto error = fields.done()) return outer.refuse(std::move(*error));
  if (fields.reads()) auth = std::make_shared<const EndpointAuth>(std::move(read));
}

// A + may stand for itself or for a space, and each is another signature.
void check_auth_urls(Fields& fields, const Endpoint& endpoint) {
  if (!endpoint.auth || endpoint.auth->scheme != kAwsSigv4) return;
  std::size_t i = 0;
  for (const std::string& url : endpoint.worker_urls()) {
    const std::string place = endpoint.urls.empty() ? fields.at("url") : fields.at("urls") + "/" + std::to_string(i++);
    const std::size_t query = url.find('?');
    if (query != url.npos && url.find('+', query) != url.npos)
      return fields.refuse(
          Error(Code::invalid, "has a + in its query, which can be signed in two ways: write %20 or %2B", place));
  }
}

void write_auth(OrderedJson& out, const EndpointAuth& auth, bool stored) {
  out["scheme"] = auth.scheme;
  write_texts(out, auth, stored);
}

}  // namespace certes::registry
