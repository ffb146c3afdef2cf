#include "dispatcher/endpoint_meters.hpp"

namespace certes::dispatcher {
namespace {

std::string class_of(int hundreds) { return hundreds == 0 ? std::string("none") : std::to_string(hundreds) + "xx"; }

}  // namespace

EndpointMeters::EndpointMeters(metrics::Metrics& metrics, std::size_t most_endpoints)
    : metrics_(metrics), most_endpoints_(most_endpoints) {
  meters_.push_back(make("", "_other"));
}

EndpointMeters::Meter EndpointMeters::make(std::string tenant, std::string endpoint) {
  Meter made;
  made.tenant = std::move(tenant);
  made.endpoint = std::move(endpoint);
  for (std::size_t i = 0; i < kEndings; ++i)
    if (const Ending ending = ending_at(i); is_last(ending))
      made.deliveries[i] = metrics_.counter(
          "certes_endpoint_deliveries_total", "Deliveries of an endpoint that have ended",
          {{"tenant", made.tenant}, {"endpoint", made.endpoint}, {"outcome", std::string(text_of(ending))}});
  made.waiting =
      metrics_.gauge("certes_endpoint_waiting", "Deliveries of an endpoint that have not ended and are not being sent",
                     {{"tenant", made.tenant}, {"endpoint", made.endpoint}});
  made.failing =
      metrics_.gauge("certes_endpoint_failing_seconds",
                     "Since when every attempt at an endpoint for which something waits has failed; 0: it works",
                     {{"tenant", made.tenant}, {"endpoint", made.endpoint}});
  made.breaker = metrics_.gauge("certes_endpoint_breaker_open", "1: an endpoint gets a probe, and nothing else",
                                {{"tenant", made.tenant}, {"endpoint", made.endpoint}});
  made.workers_tripped = metrics_.gauge("certes_endpoint_workers_tripped",
                                        "How many of an endpoint's several workers get a probe, and nothing else",
                                        {{"tenant", made.tenant}, {"endpoint", made.endpoint}});
  return made;
}

std::size_t EndpointMeters::meter(const registry::Endpoint& endpoint) {
  std::string name = endpoint.tenant + "/" + endpoint.id;
  if (const auto known = by_name_.find(name); known != by_name_.end()) return known->second;
  if (meters_.size() > most_endpoints_) return kOther;
  meters_.push_back(make(endpoint.tenant, endpoint.id));
  by_name_.emplace(std::move(name), meters_.size() - 1);
  return meters_.size() - 1;
}

void EndpointMeters::attempted(std::size_t meter, const Ending& ending, int status) {
  Meter& of = meters_[meter];
  const auto [found, fresh] = of.attempts.try_emplace({ending.index(), status / 100});
  if (fresh)
    found->second = metrics_.counter("certes_endpoint_attempts_total", "Attempts at an endpoint that have ended",
                                     {{"tenant", of.tenant},
                                      {"endpoint", of.endpoint},
                                      {"outcome", std::string(text_of(ending))},
                                      {"code_class", class_of(status / 100)}});
  found->second.add();
}

void EndpointMeters::show_waiting(const std::vector<std::size_t>& deliveries) {
  for (std::size_t i = 0; i < meters_.size(); ++i)
    meters_[i].waiting.set(i < deliveries.size() ? static_cast<double>(deliveries[i]) : 0);
}

void EndpointMeters::show(const FailingEndpoints& failing) {
  for (Meter& meter : meters_) meter.failing_seconds = 0;
  for (auto& [tenant, of] : failing_) of.count = 0;
  failing.visit([this](std::string_view tenant, std::size_t meter, Millis lasting) {
    meters_[meter].failing_seconds += static_cast<double>(lasting.count()) / 1000;
    auto found = failing_.find(tenant);
    if (found == failing_.end())
      found =
          failing_
              .emplace(std::string(tenant), Failing{metrics_.gauge("certes_endpoints_failing",
                                                                   "Endpoints that fail, those of `_other` included",
                                                                   {{"tenant", std::string(tenant)}})})
              .first;
    ++found->second.count;
  });
  for (Meter& meter : meters_) meter.failing.set(meter.failing_seconds);
  for (auto& [tenant, of] : failing_) of.shown.set(of.count);
}

}  // namespace certes::dispatcher
