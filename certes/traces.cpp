#include "certes/traces.hpp"

#include <unistd.h>

#include "client/http_client.hpp"

namespace certes {
namespace {

constexpr Millis kCollectorTimeout{10'000};

std::string role_name(command::Role role) {
  switch (role) {
    case command::Role::serve: return "serve";
    case command::Role::gateway: return "gateway";
    case command::Role::dispatcher: return "dispatcher";
    case command::Role::api: break;
  }
  return "api";
}

std::vector<traces::Attribute> resource_of(command::Role role) {
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = 0;
  return {{"service.name", "certes"},
          {"service.version", CERTES_VERSION},
          {"service.instance.id", std::string(host) + "-" + std::to_string(::getpid())},
          {"host.name", std::string(host)},
          {"certes.role", role_name(role)}};
}

traces::Tracer::Post post_to(const std::string& url) {
  const auto http = std::make_shared<client::HttpClient>();
  return [http, url](const std::string& body, const std::atomic<bool>& stop) -> Result<int> {
    client::HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.headers = {"Content-Type: application/json"};
    request.body = body;
    request.timeout = kCollectorTimeout;
    const auto answer = http->receive(
        request, [](const client::HttpAnswer&, std::string_view) { return true; }, stop);
    if (!answer) return fail(answer.error());
    return answer->status;
  };
}

}  // namespace

Result<std::unique_ptr<traces::Tracer>> open_tracer(const config::Settings& settings, command::Role role,
                                                    const Clock& clock, metrics::Metrics& metrics) {
  const std::string& url = settings.traces_endpoint;
  if (url.empty()) return std::unique_ptr<traces::Tracer>();
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return fail(Code::invalid, "traces.endpoint must be a URL, as http://127.0.0.1:4318/v1/traces");
  traces::Tracer::Options options;
  options.sample = settings.traces_sample;
  options.queue_spans = settings.traces_queue_spans;
  options.resource = resource_of(role);
  return std::make_unique<traces::Tracer>(std::move(options), post_to(url), clock, metrics);
}

}  // namespace certes
