#include "dispatcher/sending/token_request.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace certes;
using namespace certes::dispatcher;

namespace {

registry::EndpointAuth client() {
  registry::EndpointAuth auth;
  auth.scheme = "oauth2";
  auth.token_url = "https://idp.example/token";
  auth.client_id = "s6BhdRkqt3";
  auth.client_secret = "gX1fBat3bV";
  return auth;
}

bool has_line(const http::Transfer& transfer, const std::string& line) {
  return std::ranges::count(transfer.headers, line) == 1;
}

}  // namespace

TEST_CASE("Token request: by client credentials, as RFC 6749 has it") {
  const auto request = token_request(client());
  CHECK(request.url == "https://idp.example/token");
  CHECK(request.body == "grant_type=client_credentials");
  CHECK(has_line(request, "content-type: application/x-www-form-urlencoded"));
  CHECK(has_line(request, "authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"));  // 2.3.1
}

TEST_CASE("Token request: what is asked for is encoded, and so is who asks") {
  auto auth = client();
  auth.client_id = "a:b c";
  auth.client_secret = "\xc3\xa4&=";
  auth.scope = "read write";
  auth.audience = "https://api.example/";
  auth.resource = "urn:x?y";
  const auto in_header = token_request(auth);
  CHECK(in_header.body ==
        "grant_type=client_credentials&scope=read%20write&audience=https%3A%2F%2Fapi.example%2F&resource=urn%3Ax%3Fy");
  CHECK(has_line(in_header, "authorization: Basic YSUzQWIlMjBjOiVDMyVBNCUyNiUzRA=="));  // a%3Ab%20c:%C3%A4%26%3D
  auth.token_endpoint_auth_method = "client_secret_post";
  auth.scope = auth.audience = auth.resource = "";
  const auto in_form = token_request(auth);
  CHECK(in_form.body == "grant_type=client_credentials&client_id=a%3Ab%20c&client_secret=%C3%A4%26%3D");
  CHECK(std::ranges::none_of(in_form.headers, [](const auto& line) { return line.starts_with("authorization"); }));
}
