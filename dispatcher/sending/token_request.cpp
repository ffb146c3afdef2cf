#include "dispatcher/sending/token_request.hpp"

#include "common/crypto/crypto.hpp"
#include "dispatcher/sending/token_answer.hpp"

namespace certes::dispatcher {
namespace {

// application/x-www-form-urlencoded: everything but what RFC 3986 leaves unreserved.
std::string encoded(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain)
      out.push_back(c);
    else
      out.append(1, '%').append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
  }
  return out;
}

void add_parameter(std::string& form, std::string_view name, std::string_view value) {
  if (!value.empty()) form.append("&").append(name).append("=").append(encoded(value));
}

}  // namespace

http::Transfer token_request(const registry::EndpointAuth& auth) {
  http::Transfer transfer;
  transfer.url = auth.token_url;
  transfer.keep_bytes = kMostTokenAnswerBytes;
  transfer.headers = {"content-type: application/x-www-form-urlencoded", "accept: application/json"};
  auto form = std::make_shared<std::string>("grant_type=client_credentials");
  add_parameter(*form, "scope", auth.scope);
  add_parameter(*form, "audience", auth.audience);
  add_parameter(*form, "resource", auth.resource);
  if (auth.token_endpoint_auth_method == registry::kSecretPost) {
    add_parameter(*form, "client_id", auth.client_id);
    add_parameter(*form, "client_secret", auth.client_secret);
  } else {
    const std::string pair = encoded(auth.client_id) + ":" + encoded(auth.client_secret);
    transfer.headers.push_back("authorization: Basic " + crypto::base64_encode(pair));
  }
  transfer.body = *form;
  transfer.body_owner = std::move(form);
  return transfer;
}

}  // namespace certes::dispatcher
