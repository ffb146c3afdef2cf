#include "dispatcher/sending/aws_signing.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace certes;
using namespace certes::dispatcher;

namespace {

constexpr UnixMillis kThen = 1'440'938'160'000;  // 2015-08-30T12:36:00Z

std::string authorization(http::Transfer transfer) {
  registry::EndpointAuth auth;
  auth.scheme = "aws_sigv4";
  auth.service = "service";
  auth.region = "us-east-1";
  auth.access_key_id = "AKIDEXAMPLE";
  auth.secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  sign_for_aws(transfer, auth, kThen);
  const auto line =
      std::ranges::find_if(transfer.headers, [](const auto& one) { return one.starts_with("authorization: "); });
  return line == transfer.headers.end() ? "" : *line;
}

http::Transfer form() {
  http::Transfer transfer;
  transfer.url = "https://example.amazonaws.com:443";
  transfer.headers = {"Content-Type: application/x-www-form-urlencoded", "webhook-id: evt_1"};
  transfer.body = "Param1=value1";
  return transfer;
}

}  // namespace

TEST_CASE("AWS signing: a published vector, of a delivery's request") {
  CHECK(authorization(form()) ==
        "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST_CASE("AWS signing: the endpoint's own x-amz-headers are signed, other headers are not") {
  http::Transfer other = form(), target = form(), late = form();
  late.headers.emplace_back("X-Amz-Date: 20010101T000000Z");
  CHECK(authorization(late) == authorization(form()));
  other.headers.emplace_back("x-other: 1");
  target.headers.emplace_back("X-Amz-Target: Firehose.PutRecord");
  CHECK(authorization(other) == authorization(form()));
  CHECK(authorization(target).find("SignedHeaders=content-type;host;x-amz-date;x-amz-target,") != std::string::npos);
}
