#include "gateway/access.hpp"

#include <stdexcept>

namespace certes::gateway {
namespace {

// The pattern as the table has it.
std::string_view named(Listener listener, std::string_view pattern) {
  if (listener == Listener::api && pattern.starts_with(kApiRoot)) pattern.remove_prefix(kApiRoot.size());
  return pattern;
}

}  // namespace

std::string_view scope_of(Listener listener, std::string_view method, std::string_view pattern) {
  const RouteAccess* route = find_route(listener, method, named(listener, pattern));
  if (route != nullptr) return route->scope;
  throw std::logic_error("gateway/access.hpp says nothing of who may use " + std::string(method) + " " +
                         std::string(pattern));
}

void Routes::direct(std::string method, std::string pattern, std::function<http::DirectHandler(http::Loop&)> make) {
  (void)scope_of(listener_, method, pattern);
  server_.direct(std::move(method), std::move(pattern), std::move(make));
}

void Routes::pooled(std::string method, std::string pattern, http::PooledHandler handler) {
  (void)scope_of(listener_, method, pattern);
  server_.pooled(std::move(method), std::move(pattern), std::move(handler));
}

}  // namespace certes::gateway
