#include "dispatcher/endpoint/replies.hpp"

#include "common/base/seconds.hpp"
#include "dispatcher/endpoint/endpoint.hpp"

namespace certes::dispatcher {

Match Replies::match(std::string_view tenant) {
  auto& endpoint = endpoints_[std::string(tenant)];
  if (!endpoint) {
    auto made = std::make_shared<registry::Endpoint>();
    made->tenant = tenant;
    made->id = kReplyEndpoint;
    made->concurrency = options_.reply_concurrency;
    made->timeout_seconds = seconds_of(options_.reply_timeout);
    const std::string context = made->tenant + "/endpoints/" + made->id;
    for (const auto& secret : sealer_.derived_secrets("reply_to/" + made->tenant))
      made->secrets.push_back({sealer_.seal(secret, context), 0});
    endpoint = std::move(made);
  }
  return routes_.router().apart(tenant, endpoint);
}

}  // namespace certes::dispatcher
