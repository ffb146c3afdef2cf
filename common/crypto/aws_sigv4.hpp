#pragma once
// AWS Signature Version 4: what a request to a service of AWS says of who sends it. Who: dispatcher (an endpoint's
// `auth`). Not libcurl's: 7.88 signs queries in the order in which they stand, paths without encoding them again, and
// headers that it then leaves out (Expect), so that AWS refuses them. Pure, any thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.hpp"

namespace certes::crypto {

struct AwsCredentials {
  std::string service, region, access_key_id, secret_access_key;
  std::string session_token = {};  // of temporary ones; empty: they are none
};

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

// Parts as they are sent: percent-encoded, the host as the header Host has it.
struct AwsRequest {
  std::string_view method, host, path, query;
  HeaderFields headers = {};  // that are signed besides those below; names in lower case, each once
  std::string_view body = {};
};

// The headers to send along: x-amz-date and authorization, where there is a session token x-amz-security-token, and for
// S3 x-amz-content-sha256.
HeaderFields sign_for_aws(const AwsCredentials& credentials, const AwsRequest& request, UnixMillis now);

}  // namespace certes::crypto
