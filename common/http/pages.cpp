#include "common/http/pages.hpp"

namespace certes::http {

namespace {

Response metrics_page(const metrics::Metrics& metrics) {
  Response response = text_answer(200, metrics.text());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

// On the loop, not on the workers, which may all be waiting for the log.
void add_page(Server& server, const char* path, std::function<Response()> page) {
  server.direct("GET", path, [page = std::move(page)](Loop&) -> DirectHandler {
    return [page](const Request&, Exchange exchange) { exchange.respond(page()); };
  });
}

}  // namespace

Response text_answer(int status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

void add_pages(Server& server, metrics::Metrics& metrics, Pages pages) {
  server.expose(metrics);
  add_page(server, kLivePath, [] { return text_answer(200, "live\n"); });
  add_page(server, kReadyPath, [not_ready = std::move(pages.not_ready)] {
    const auto why = not_ready();
    return why ? text_answer(503, *why + "\n") : text_answer(200, "ready\n");
  });
  if (!pages.measure) return add_page(server, kMetricsPath, [&metrics] { return metrics_page(metrics); });
  server.pooled("GET", kMetricsPath, [&metrics, measure = std::move(pages.measure)](const Request&) {
    measure();
    return metrics_page(metrics);
  });
}

}  // namespace certes::http
