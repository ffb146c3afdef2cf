#include "dispatcher/sending/aws_signing.hpp"

#include "common/crypto/aws_sigv4.hpp"
#include "common/http/client/url_parts.hpp"

namespace certes::dispatcher {
namespace {

std::string name_of(std::string_view line) { return registry::lower_case(line.substr(0, line.find(':'))); }

crypto::HeaderFields signed_fields(const std::vector<std::string>& lines) {
  crypto::HeaderFields fields;
  for (const std::string& line : lines) {
    std::string name = name_of(line);
    if (name == "content-type" || name.starts_with("x-amz-"))
      fields.emplace_back(std::move(name), line.substr(line.find(':') + 1));
  }
  return fields;
}

}  // namespace

void sign_for_aws(http::Transfer& transfer, const registry::EndpointAuth& auth, UnixMillis now) {
  std::erase_if(transfer.headers, [&](const std::string& line) { return auth.sends(name_of(line)); });
  const http::UrlParts url = http::url_parts(transfer.url);
  const crypto::AwsCredentials credentials{auth.service, auth.region, auth.access_key_id, auth.secret_access_key,
                                           auth.session_token};
  const crypto::AwsRequest request{"POST",       url.host, url.path, url.query, signed_fields(transfer.headers),
                                   transfer.body};
  for (const auto& [name, value] : crypto::sign_for_aws(credentials, request, now))
    transfer.headers.push_back(name + ": " + value);
}

}  // namespace certes::dispatcher
