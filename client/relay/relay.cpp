#include "client/relay/relay.hpp"

#include <nlohmann/json.hpp>

#include "common/event/read_request.hpp"

namespace certes::client {
namespace {

constexpr const char* kEvents = "/events";
constexpr const char* kSource = "/events/{source}";
constexpr const char* kTenantSource = "/t/{tenant}/events/{source}";
constexpr const char* kRequests = "certes_relay_requests_total";
constexpr const char* kRequestsHelp = "Requests with events, by what was answered";

http::ServerOptions server_options(const RelayOptions& options) {
  http::ServerOptions made;
  made.name = "relay";
  made.listen = options.listen;
  made.max_body_bytes = options.max_body_bytes;
  made.max_connections = options.max_connections;
  return made;
}

// As the gateway says it.
std::optional<Error> unsupported(const http::Request& request) {
  if (auto packed = event::refuse_coding(event::content_coding(request.headers))) return packed;
  return event::unsupported(event::envelope_of(request.headers));
}

http::Response accepted(const std::vector<std::string>& ids, bool batch) {
  nlohmann::ordered_json answer;
  if (batch) {
    answer["accepted"] = ids;
    answer["count"] = ids.size();
  } else {
    answer["id"] = ids.front();
    answer["status"] = "accepted";
  }
  http::Response response;
  response.status = 202;
  response.content_type = "application/json";
  response.body = answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

}  // namespace

Relay::Relay(RelayOptions options, Pipeline& pipeline, metrics::Metrics& metrics, const Clock& clock)
    : options_(std::move(options)),
      pipeline_(pipeline),
      clock_(clock),
      accepted_(metrics.counter(kRequests, kRequestsHelp, {{"outcome", "accepted"}})),
      refused_(metrics.counter(kRequests, kRequestsHelp, {{"outcome", "refused"}})),
      local_(options_.hosts),
      server_(server_options(options_)),
      pages_(server_, metrics, page_options()) {
  add_ingest();
  add_raw(kSource);
  add_raw(kTenantSource);
  add_relay_pages(server_, pipeline_, local_);
}

Relay::~Relay() { server_.stop(Millis{0}); }

http::PageOptions Relay::page_options() {
  http::PageOptions options;
  options.not_ready = [this]() -> std::optional<std::string> {
    if (const auto failure = pipeline_.failure()) return failure->message;
    return std::nullopt;
  };
  options.may_scrape = [this](const http::Request& request) { return refuse_stranger(request, local_); };
  return options;
}

Result<void> Relay::start() { return server_.start(); }
void Relay::stop(Millis limit) { server_.stop(limit); }

void Relay::add_ingest() {
  server_.direct("POST", kEvents, [this](http::Loop&) -> http::DirectHandler {
    auto reader = std::make_shared<RelayReader>(clock_, options_.max_batch_events);
    return [this, reader](const http::Request& request, http::Exchange exchange) {
      if (auto stranger = refuse_stranger(request, local_)) return refuse(std::move(*stranger), std::move(exchange));
      if (auto error = unsupported(request))
        return refuse(
            http::problem(415, "unsupported-media-type", "Unsupported media type", error->message, error->pointer),
            std::move(exchange));
      auto published = reader->events(request);
      if (!published) return refuse(published.error(), std::move(exchange));
      publish(std::move(*published), std::move(exchange));
    };
  });
}

void Relay::add_raw(const char* pattern) {
  server_.direct("POST", pattern, [this, pattern](http::Loop&) -> http::DirectHandler {
    auto reader = std::make_shared<RelayReader>(clock_, options_.max_batch_events);
    return [this, pattern, reader](const http::Request& request, http::Exchange exchange) {
      if (auto page = http::LocalRequests::check_no_page(request); !page)
        return refuse(not_local(page.error()), std::move(exchange));
      const auto source = http::path_parameter(pattern, request.path, "source");
      if (!source) return refuse({Code::invalid, "the path is not properly percent-encoded"}, std::move(exchange));
      auto published = reader->raw(request, *source);
      if (!published) return refuse(published.error(), std::move(exchange));
      publish(std::move(*published), std::move(exchange));
    };
  });
}

void Relay::refuse(const Error& error, http::Exchange exchange) { refuse(relay_problem(error), std::move(exchange)); }

void Relay::refuse(http::Response&& answer, http::Exchange exchange) {
  refused_.add();
  exchange.respond(std::move(answer));
}

// The answer waits for the spool, as the gateway's for its log.
void Relay::publish(Published&& published, http::Exchange exchange) {
  if (published.items.empty()) return exchange.respond(accepted(published.ids, published.batch));
  http::Loop& loop = exchange.loop();
  auto held = std::make_shared<http::Exchange>(std::move(exchange));
  auto answer = [this, &loop, held, ids = std::move(published.ids), batch = published.batch](Result<void> stored) {
    (stored ? accepted_ : refused_).add();
    loop.post([held, response = stored ? accepted(ids, batch) : relay_problem(stored.error())]() mutable {
      held->respond(std::move(response));
    });
  };
  pipeline_.publish(std::move(published.items), std::move(answer));
}

}  // namespace certes::client
