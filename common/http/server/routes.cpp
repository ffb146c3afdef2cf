#include "common/http/server/routes.hpp"

#include <algorithm>

namespace certes::http {

namespace {

bool is_parameter(std::string_view segment) {
  return segment.size() >= 2 && segment.front() == '{' && segment.back() == '}';
}

std::vector<std::string> split(std::string_view pattern) {
  std::vector<std::string> segments;
  std::size_t at = 1;
  while (at <= pattern.size()) {
    const std::size_t end = std::min(pattern.find('/', at), pattern.size());
    const std::string_view segment = pattern.substr(at, end - at);
    segments.emplace_back(is_parameter(segment) ? "{}" : segment);
    at = end + 1;
  }
  return segments;
}

bool matches(const std::vector<std::string>& segments, std::string_view path) {
  std::size_t at = 1;
  for (const std::string& segment : segments) {
    if (at > path.size()) return false;
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    if (segment == "{}" ? part.empty() : part != segment) return false;
    at = end + 1;
  }
  return at == path.size() + 1;
}

// A fixed segment before a parameter, from the left.
bool more_specific(const Route& a, const Route& b) {
  const std::size_t n = std::min(a.segments.size(), b.segments.size());
  for (std::size_t i = 0; i < n; ++i) {
    const bool a_any = a.segments[i] == "{}", b_any = b.segments[i] == "{}";
    if (a_any != b_any) return b_any;
  }
  return false;
}

// HEAD is served by GET; a route of its own goes before.
const Route* pick(const std::vector<const Route*>& candidates, std::string_view method) {
  for (const Route* route : candidates)
    if (route->method == method) return route;
  return method == "HEAD" ? pick(candidates, "GET") : nullptr;
}

std::string allowed(const std::vector<const Route*>& candidates) {
  std::vector<std::string_view> methods;
  const auto add = [&](std::string_view method) {
    if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
  };
  for (const Route* route : candidates) {
    add(route->method);
    if (route->method == "GET") add("HEAD");
  }
  std::string text;
  for (const std::string_view method : methods) text.append(text.empty() ? "" : ", ").append(method);
  return text;
}

}  // namespace

void RouteTable::add(Route route) {
  route.segments = split(route.pattern);
  route.index = routes_.size();
  const bool fixed = std::find(route.segments.begin(), route.segments.end(), "{}") == route.segments.end();
  if (fixed) {
    fixed_[route.pattern].push_back(route.index);
  } else {
    patterns_.push_back(route.index);
  }
  routes_.push_back(std::move(route));
  std::stable_sort(patterns_.begin(), patterns_.end(),
                   [&](std::size_t a, std::size_t b) { return more_specific(routes_[a], routes_[b]); });
}

RouteTable::Match RouteTable::find(std::string_view method, std::string_view path) const {
  const auto fixed = fixed_.find(path);
  if (fixed != fixed_.end())
    for (const std::size_t i : fixed->second)
      if (routes_[i].method == method) return {&routes_[i], {}};
  if (path.empty() || path.front() != '/') return {};

  std::vector<const Route*> candidates;
  if (fixed != fixed_.end())
    for (const std::size_t i : fixed->second) candidates.push_back(&routes_[i]);
  for (const std::size_t i : patterns_) {
    if (!matches(routes_[i].segments, path)) continue;
    if (routes_[i].method == method && candidates.empty()) return {&routes_[i], {}};
    candidates.push_back(&routes_[i]);
  }
  if (const Route* route = pick(candidates, method)) return {route, {}};
  return {nullptr, allowed(candidates)};
}

}  // namespace certes::http
