#include "gateway/access/scrapers.hpp"

#include "gateway/access/door.hpp"

namespace certes::gateway {
namespace {

constexpr std::string_view kScope = "metrics:read";

}  // namespace

Scrapers::Scrapers(const config::Settings& settings, const Clock& clock)
    : clients_(settings),
      allowed_(http::Networks::make(settings.metrics_allow_from, "metrics.allow_from").value_or(http::Networks())),
      clock_(clock) {}

std::optional<http::Response> Scrapers::refusal(const http::Request& request) const {
  const bool has_key = !request.header("authorization").empty();
  if (from_allowed_network(request)) {
    const auto page = clients_.check_page(request);
    if (page) return std::nullopt;
    if (!has_key) return Door::refuse(page.error()).answer;
  }
  const registry::Registry* registry = registry_.load(std::memory_order_acquire);
  if (registry == nullptr) return Door::not_reached();
  if (!has_key)
    return Door::refuse({Code::unauthenticated,
                         "metrics are shown to the networks of metrics.allow_from, and to keys with the scope "
                         "metrics:read: send Authorization: Bearer certes_...",
                         "Authorization"})
        .answer;
  const auto caller = authenticate(request, *registry->state(), clients_, clock_);
  if (!caller) return Door::refuse(caller.error()).answer;
  if (caller->allowed(kScope) && caller->tenant == "default") return std::nullopt;
  return Door::refuse({Code::forbidden, "the key \"" + caller->key + "\" lacks the scope " + std::string(kScope) +
                                            " of the default tenant: metrics are of all tenants"})
      .answer;
}

bool Scrapers::from_allowed_network(const http::Request& request) const {
  return !clients_.passed_on_by_stranger(request) && allowed_.contains(clients_.address_of(request));
}

http::PageOptions pages_of(const config::Settings& settings, const Scrapers& scrapers,
                           std::function<std::optional<std::string>()> not_ready, std::function<void()> measure) {
  http::PageOptions options;
  options.not_ready = std::move(not_ready);
  options.may_scrape = [&scrapers](const http::Request& request) { return scrapers.refusal(request); };
  options.measure = std::move(measure);
  options.metrics = settings.metrics_listen.empty();
  return options;
}

}  // namespace certes::gateway
