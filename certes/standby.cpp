#include "certes/standby.hpp"

#include "common/http/pages.hpp"

namespace certes {
namespace {

http::Response not_accepted(const http::Request&) {
  http::Response response = http::problem(503, "not-accepted", "Not accepted",
                                          "the log is not reached yet; nothing was stored: send it again");
  response.headers.emplace_back("Retry-After", "2");
  return response;
}

void add_refusals(http::Server& server, const std::string& name) {
  if (name == "gateway") {
    server.pooled("POST", "/events", not_accepted);
    server.pooled("POST", "/events/{source}", not_accepted);
    server.pooled("POST", "/t/{tenant}/events/{source}", not_accepted);
  }
  if (name != "api") return;
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    server.pooled(method, "/api/v1/{kind}", not_accepted);
    server.pooled(method, "/api/v1/{kind}/{id}", not_accepted);
    server.pooled(method, "/api/v1/{kind}/{id}/{action}", not_accepted);
  }
}

}  // namespace

Standby::Standby(const std::map<std::string, Wanted>& listeners, metrics::Metrics& metrics) {
  for (const auto& [name, wanted] : listeners) {
    http::ServerOptions options;
    options.name = name;
    options.listen = wanted.address;
    options.tls = wanted.tls;
    options.workers = 1;
    auto server = std::make_unique<http::Server>(std::move(options));
    http::add_pages(*server, metrics, {[] { return std::string("the log is not reached yet"); }});
    add_refusals(*server, name);
    servers_.emplace(name, std::move(server));
  }
}

Result<void> Standby::start() {
  for (const auto& [name, server] : servers_)
    if (auto started = server->start(); !started) return started;
  return {};
}

std::map<std::string, std::string> Standby::addresses() const {
  std::map<std::string, std::string> found;
  for (const auto& [name, server] : servers_) found[name] = server->address();
  return found;
}

std::vector<Certificates::Listener> Standby::servers() const {
  std::vector<Certificates::Listener> found;
  for (const auto& [name, server] : servers_) found.push_back({name, server.get()});
  return found;
}

void Standby::stop() {
  for (const auto& [name, server] : servers_) server->stop(Millis{200});
  servers_.clear();
}

}  // namespace certes
