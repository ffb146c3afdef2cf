#include "gateway/access.hpp"

#include <stdexcept>

namespace certes::gateway {
namespace {

// By the pattern as the table has it.
const RouteAccess& row_of(Listener listener, std::string_view method, std::string_view pattern) {
  std::string_view named = pattern;
  if (listener == Listener::api && named.starts_with(kApiRoot)) named.remove_prefix(kApiRoot.size());
  const RouteAccess* route = find_route(listener, method, named);
  if (route != nullptr) return *route;
  throw std::logic_error("gateway/access.hpp says nothing of who may use " + std::string(method) + " " +
                         std::string(pattern));
}

}  // namespace

std::string_view scope_of(Listener listener, std::string_view method, std::string_view pattern) {
  return row_of(listener, method, pattern).scope;
}

void Routes::direct(std::string method, std::string pattern, std::function<http::DirectHandler(http::Loop&)> make) {
  (void)scope_of(listener_, method, pattern);
  server_.direct(std::move(method), std::move(pattern), std::move(make));
}

void Routes::pooled(std::string method, std::string pattern, http::PooledHandler handler,
                    std::function<std::string(const http::Request&)> share) {
  http::PooledRoute route{std::move(handler), row_of(listener_, method, pattern).lengthy};
  if (share)
    route.enter = [share = std::move(share)](const http::Request& request) {
      return http::Entrance{std::nullopt, share(request)};
    };
  server_.pooled(std::move(method), std::move(pattern), std::move(route));
}

}  // namespace certes::gateway
