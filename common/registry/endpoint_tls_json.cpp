#include "common/registry/endpoint_tls_json.hpp"

#include <algorithm>

#include "common/crypto/pem.hpp"
#include "common/registry/part_json.hpp"

namespace certes::registry {
namespace {

// A name and no address: letters, digits and hyphens between dots (RFC 1123), in which a last number is no name's.
bool is_host_name(std::string_view name) {
  bool begins = true, digits = true;
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9', letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c == '.' ? begins : !(digit || letter || (c == '-' && !begins))) return false;
    digits = c == '.' || (digits && digit);
    begins = c == '.';
  }
  return !begins && !digits;
}

void check_pem(Fields& fields, std::string_view member, Result<void> checked) {
  if (fields.ok() && fields.has(member) && !checked) fields.refuse(member, std::move(checked.error().message));
}

void check_declared_tls(Fields& fields, const EndpointTls& tls) {
  if (fields.has("key") != fields.has("cert"))
    return fields.refuse(fields.has("key") ? "cert" : "key", "\"cert\" and \"key\" belong together");
  check_pem(fields, "ca", crypto::check_certificates(tls.ca));
  check_pem(fields, "cert", crypto::check_certificates(tls.cert));
  if (fields.ok()) check_pem(fields, "key", crypto::check_key(tls.key, tls.cert));
  if (fields.ok() && fields.has("server_name") && !is_host_name(tls.server_name))
    fields.refuse("server_name", "is no name of a host");
}

}  // namespace

void read_tls(Fields& outer, Endpoint& endpoint, Form form) {
  const Json* json = outer.take(EndpointTls::kName);
  if (json == nullptr) return;
  Fields fields = outer.inside(*json, EndpointTls::kName);
  EndpointTls tls;
  read_texts(fields, tls, form);
  if (form == Form::declared && fields.reads() && fields.ok()) check_declared_tls(fields, tls);
  if (auto error = fields.done()) return outer.refuse(std::move(*error));
  if (!fields.reads() || json->empty()) return;
  const bool plain = std::ranges::any_of(endpoint.worker_urls(),
                                         [](const std::string& url) { return lower_case(url).starts_with("http:"); });
  if (form == Form::declared && plain) return outer.refuse(EndpointTls::kName, "is of https, and not of http");
  endpoint.tls = std::make_shared<const EndpointTls>(std::move(tls));
}

void write_tls(OrderedJson& out, const EndpointTls& tls, bool stored) { write_texts(out, tls, stored); }

}  // namespace certes::registry
