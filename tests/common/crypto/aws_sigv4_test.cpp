// The published vectors of AWS (aws-sig-v4-test-suite), and what they do not show; a system test has botocore recompute
// what is sent.
#include "common/crypto/aws_sigv4.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace certes;
using namespace certes::crypto;

namespace {

constexpr UnixMillis kThen = 1'440'938'160'000;  // 2015-08-30T12:36:00Z

AwsCredentials suite() { return {"service", "us-east-1", "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}; }

AwsRequest request(std::string_view method, std::string_view path, std::string_view query = {}) {
  return {method, "example.amazonaws.com", path, query};
}

std::string value_of(const HeaderFields& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &HeaderFields::value_type::first);
  return found == fields.end() ? "" : found->second;
}

std::string authorization(const AwsRequest& of, const AwsCredentials& credentials = suite()) {
  return value_of(sign_for_aws(credentials, of, kThen), "authorization");
}

std::string signature(const AwsRequest& of) {
  const std::string all = authorization(of);
  return all.substr(all.find("Signature=") + 10);
}

}  // namespace

TEST_CASE("AWS signature: the published vectors") {
  CHECK(
      authorization(request("GET", "/")) ==
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, "
      "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(signature(request("POST", "/")) == "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  CHECK(signature(request("GET", "/", "Param2=value2&Param1=value1")) ==
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  CHECK(signature(request("GET", "/example space/")) ==
        "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741");
  for (const char* path : {"/example/..", "/./", "//", "/example1/example2/../..", "/..", ""})
    CHECK(signature(request("GET", path)) == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  AwsRequest form = request("POST", "/");
  form.headers = {{"content-type", "application/x-www-form-urlencoded"}};
  form.body = "Param1=value1";
  CHECK(signature(form) == "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST_CASE("AWS signature: ways to write the same are signed as one") {
  const auto same = [](std::string_view one, std::string_view other) {
    return signature(request("POST", "/", one)) == signature(request("POST", "/", other));
  };
  CHECK(same("a=1&b=2", "b=2&a=1"));
  CHECK(same("a=2&a=1", "a=1&a=2"));
  CHECK(same("a", "a="));
  CHECK(same("a=%2f", "a=%2F"));
  CHECK(same("a=/:", "a=%2F%3A"));
  CHECK(same("%61=b", "a=b"));
  CHECK(same("a=1&&b=2", "a=1&b=2"));
  CHECK_FALSE(same("a=1", "a=2"));
  CHECK_FALSE(same("a=b%3Dc", "a=b&c="));
  CHECK_FALSE(same("a=%zz", "a=zz"));
  CHECK_FALSE(same("a=%", "a="));
  AwsRequest spaced = request("POST", "/"), plain = spaced;
  spaced.headers = {{"content-type", "  a   b\t "}};
  plain.headers = {{"content-type", "a b"}};
  CHECK(signature(spaced) == signature(plain));
}

TEST_CASE("AWS signature: everything that is said counts, and temporary credentials say so") {
  const AwsRequest one = request("POST", "/a");
  AwsRequest host = one, path = one, body = one;
  host.host = "example.amazonaws.com:8443";
  path.path = "/a/";
  body.body = "{}";
  for (const AwsRequest& other : {host, path, body, request("PUT", "/a")}) CHECK(signature(other) != signature(one));
  AwsCredentials temporary = suite();
  temporary.session_token = "token";
  const auto fields = sign_for_aws(temporary, one, kThen);
  CHECK(value_of(fields, "x-amz-date") == "20150830T123600Z");
  CHECK(value_of(fields, "x-amz-security-token") == "token");
  CHECK(value_of(fields, "authorization").find("SignedHeaders=host;x-amz-date;x-amz-security-token,") !=
        std::string::npos);
  CHECK(value_of(sign_for_aws(suite(), one, kThen), "x-amz-security-token").empty());
}

TEST_CASE("AWS signature: S3 wants the path as it is, and the hash of the body beside it") {
  AwsCredentials s3 = suite();
  s3.service = "s3";
  AwsRequest put = request("PUT", "/a%20b//c");
  const auto fields = sign_for_aws(s3, put, kThen);
  CHECK(value_of(fields, "x-amz-content-sha256") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  put.path = "/a%2520b/c";
  CHECK(authorization(put, s3) != value_of(fields, "authorization"));
}
