#include "common/registry/verify_json.hpp"

#include "common/registry/codec.hpp"
#include "common/registry/schemes.hpp"

namespace certes::registry {
namespace {

constexpr std::size_t kMaxSecrets = 8;
constexpr std::size_t kMaxSecretBytes = 512;
constexpr std::size_t kMaxSealedSecretBytes = 1'024;
constexpr std::size_t kMaxTextBytes = 512;
constexpr std::size_t kMaxSignedUrlBytes = 2'048;

struct Member {
  std::string_view name;
  std::string Verify::*place;
  std::size_t max_bytes;
};
constexpr Member kMembers[] = {
    {"url", &Verify::url, kMaxSignedUrlBytes},
    {"header", &Verify::header, 128},
    {"pointer", &Verify::pointer, kMaxTextBytes},
    {"prefix", &Verify::prefix, 64},
    {"algorithm", &Verify::algorithm, 16},
    {"encoding", &Verify::encoding, 16},
    {"signed", &Verify::signed_parts, kMaxTextBytes},
    {"timestamp", &Verify::timestamp, 128},
    {"verify_token", &Verify::verify_token, kMaxSecretBytes},
};

constexpr std::string_view kToleranceMember = "tolerance_seconds";

const Scheme* read_scheme(Fields& fields, std::string& name) {
  fields.text("scheme", name, 64);
  fields.also("scheme", [] {
    OrderedJson names = OrderedJson::array();
    for (const Scheme& scheme : all_schemes()) names.push_back(scheme.name);
    return OrderedJson{{"enum", std::move(names)}};
  });
  fields.required("scheme");
  const Scheme* const scheme = find_scheme(name);
  if (fields.ok() && scheme == nullptr)
    fields.refuse("scheme", "the scheme \"" + name + "\" is not known, only " + scheme_names());
  return scheme;
}

void read_secrets(Fields& fields, Verify& verify, const Scheme* scheme, Form form) {
  if (form == Form::declared && fields.has("secret") && fields.has("secrets"))
    fields.refuse("secret", "give \"secret\" or \"secrets\", not both");
  if (form == Form::declared && fields.has("secret"))
    fields.text("secret", verify.secrets.emplace_back(), kMaxSecretBytes);
  fields.texts("secrets", verify.secrets, kMaxSecrets,
               form == Form::declared ? kMaxSecretBytes : kMaxSealedSecretBytes);
  if (form == Form::stored || !fields.ok() || scheme == nullptr) return;
  for (const std::string& secret : verify.secrets)
    if (auto checked = check_secret(*scheme, secret); !checked)
      return fields.refuse(fields.has("secret") ? "secret" : "secrets", checked.error().message);
}

// The members that the scheme needs, and none that it does not take.
void check_members(Fields& fields, const Scheme& scheme) {
  const std::string name = "the scheme \"" + std::string(scheme.name) + "\"";
  const auto check = [&](std::string_view member) {
    if (!fields.ok()) return;
    const bool there = fields.has(member);
    if (there && !scheme.takes_member(member))
      fields.refuse(member, name + " takes no \"" + std::string(member) + "\"");
    else if (!there && scheme.needs_member(member))
      fields.refuse(member, name + " needs \"" + std::string(member) + "\"");
  };
  for (const Member& member : kMembers) check(member.name);
  check(kToleranceMember);
}

bool holds_control_character(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  return false;
}

bool plausible_url(std::string_view url) {
  const bool http = url.starts_with("http://"), https = url.starts_with("https://");
  const std::string_view rest = url.substr(std::min<std::size_t>(url.size(), https ? 8 : 7));
  for (const char c : url)
    if (c <= 0x20 || c >= 0x7f || c == '#') return false;
  return (http || https) && !rest.empty() && rest.front() != '/' && rest.find('@') == rest.npos;
}

void check_values(Fields& fields, const Verify& verify) {
  const auto check = [&](std::string_view name, bool good, std::string_view what) {
    if (fields.ok() && fields.has(name) && !good) fields.refuse(name, std::string(what));
  };
  check("url", plausible_url(verify.url), "must be the URL that the provider calls: http:// or https:// and a host");
  check("header", valid_header_name(verify.header), "is no name of a header");
  check("timestamp", valid_header_name(verify.timestamp), "is no name of a header");
  check("pointer", verify.pointer.starts_with('/'), "must be a JSON pointer, which begins with /");
  check("prefix", !holds_control_character(verify.prefix), "holds a control character");
  check("verify_token", !verify.verify_token.empty(), "must not be empty");
  check("verify_token", !has_space_around(verify.verify_token), kSpaceAround);
  check("algorithm", verify.algorithm == "sha256" || verify.algorithm == "sha1" || verify.algorithm == "sha512",
        "must be one of sha256, sha1, sha512");
  check("encoding", verify.encoding == "hex" || verify.encoding == "base64", "must be one of hex, base64");
}

bool covers(const std::vector<SignedPart>& parts, SignedPart::From from) {
  for (const SignedPart& part : parts)
    if (part.from == from) return true;
  return false;
}

// What is signed must hold the body, else anybody could change it, and what is declared for it must be in it.
void check_signed(Fields& fields, const Verify& verify) {
  const auto parts = parse_signed(verify.signed_parts);
  if (!parts) return fields.refuse("signed", parts.error().message);
  if (!covers(*parts, SignedPart::From::body)) return fields.refuse("signed", "must hold {body}");
  const bool url = covers(*parts, SignedPart::From::url), time = covers(*parts, SignedPart::From::timestamp);
  if (!url && !verify.url.empty()) return fields.refuse("url", "is signed nowhere: \"signed\" holds no {url}");
  if (time && verify.timestamp.empty())
    return fields.refuse("timestamp", "\"signed\" holds {timestamp}, so the header that has it must be named");
  if (!time && !verify.timestamp.empty())
    return fields.refuse("timestamp", "is signed nowhere: \"signed\" holds no {timestamp}");
  if (!time && verify.tolerance_seconds > 0)
    return fields.refuse(kToleranceMember, "no time is signed: \"signed\" holds no {timestamp}");
}

void check_declared(Fields& fields, const Verify& verify, const Scheme& scheme) {
  check_members(fields, scheme);
  check_values(fields, verify);
  if (!fields.ok()) return;
  if (scheme.name == "generic") check_signed(fields, verify);
  if (scheme.name == "value" && verify.header.empty() == verify.pointer.empty())
    fields.refuse("header", "give the \"header\" or the JSON \"pointer\" that holds the value, one of them");
}

}  // namespace

void read_verify(Fields& outer, Verify& verify, Form form) {
  const Json* json = outer.take("verify");
  if (json == nullptr) {
    outer.refuse("verify", "\"verify\" is missing: say how its webhooks are verified, or {\"scheme\":\"none\"}");
    return;
  }
  Fields fields = outer.inside(*json, "verify");
  const Scheme* const scheme = read_scheme(fields, verify.scheme);
  read_secrets(fields, verify, scheme, form);
  const std::size_t growth = form == Form::stored ? 2 : 1;  // what is sealed is longer
  for (const Member& member : kMembers) fields.text(member.name, verify.*member.place, growth * member.max_bytes);
  fields.integer<std::int64_t>(kToleranceMember, verify.tolerance_seconds, 1, 86'400);
  if (form == Form::declared && fields.ok()) check_declared(fields, verify, *scheme);
  if (auto error = fields.done()) outer.refuse(std::move(*error));
}

void write_verify(OrderedJson& out, const Verify& verify, bool stored) {
  static const Verify standard;
  out["scheme"] = verify.scheme;
  if (stored && !verify.secrets.empty()) out["secrets"] = verify.secrets;
  if (!stored && verify.secrets.size() == 1) out["secret"] = kShownSealed;
  if (!stored && verify.secrets.size() > 1) out["secrets"] = OrderedJson(verify.secrets.size(), kShownSealed);
  if (verify.tolerance_seconds > 0) out["tolerance_seconds"] = verify.tolerance_seconds;
  for (const Member& member : kMembers) {
    const bool secret = member.place == &Verify::verify_token;
    const std::string& text = verify.*member.place;
    if (text == standard.*member.place) continue;
    if (secret && !stored)
      out[std::string(member.name)] = kShownSealed;
    else
      out[std::string(member.name)] = text;
  }
}

}  // namespace certes::registry
