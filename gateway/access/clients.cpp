#include "gateway/access/clients.hpp"

#include <algorithm>
#include <array>

#include "common/http/characters.hpp"
#include "common/http/server/forwarded.hpp"

namespace certes::gateway {
namespace {

constexpr std::array<const char*, 2> kLoopback = {"127.0.0.0/8", "::1/128"};

http::Networks networks_of(const std::vector<std::string>& cidrs, std::string_view setting) {
  return http::Networks::make(cidrs, setting).value_or(http::Networks());
}

http::Networks without_key(const config::Settings& settings) {
  if (!settings.dev) return {};
  std::vector<std::string> cidrs = settings.allow_from;
  cidrs.insert(cidrs.end(), kLoopback.begin(), kLoopback.end());
  return networks_of(cidrs, "allow_from");
}

const http::Networks& loopback() {
  static const http::Networks networks = networks_of({kLoopback.begin(), kLoopback.end()}, "");
  return networks;
}

}  // namespace

Clients::Clients(const config::Settings& settings)
    : Clients(settings, settings.gateway.tls_cert_file.empty() ? "http" : "https") {}

Clients::Clients(const config::Settings& settings, std::string_view scheme)
    : proxies_(networks_of(settings.gateway.trusted_proxies, "gateway.trusted_proxies")),
      no_key_(without_key(settings)),
      own_scheme_(scheme),
      local_(settings.dev_hosts, scheme) {}

std::string_view Clients::address_of(const http::Request& request) const {
  return http::client_address(request, proxies_);
}

bool Clients::needs_no_key(const http::Request& request) const {
  return !no_key_.empty() && no_key_.contains(address_of(request));
}

bool Clients::passed_on_by_stranger(const http::Request& request) const {
  if (http::forwarding_header(request).empty()) return false;
  return !is_trusted_proxy(request.peer) || http::trimmed(request.header("x-forwarded-for")).empty();
}

Result<void> Clients::check_keyless(const http::Request& request) const {
  if (!request.header("authorization").empty() || !needs_no_key(request)) return {};
  if (passed_on_by_stranger(request)) {
    const std::string header(http::forwarding_header(request));
    return fail(Code::forbidden,
                "a proxy passed this on (" + header +
                    "), and without a key it could be anybody's; send a key "
                    "(Authorization: Bearer certes_...), or let gateway.trusted_proxies name the proxy and it say in "
                    "X-Forwarded-For for whom",
                header);
  }
  return local_.check(request);
}

Result<void> Clients::check_page(const http::Request& request) const {
  if (!loopback().contains(address_of(request))) return {};
  return local_.check(request);
}

Result<std::string> Clients::url_of(const http::Request& request) const {
  std::string_view scheme = own_scheme_, host = request.header("host");
  if (is_trusted_proxy(request.peer)) {
    auto forwarded = http::forwarded_origin(request);
    if (!forwarded) return fail(std::move(forwarded.error()));
    if (!forwarded->scheme.empty()) scheme = forwarded->scheme;
    if (!forwarded->host.empty()) host = forwarded->host;
  }
  std::string url;
  url.reserve(scheme.size() + host.size() + request.path.size() + request.query.size() + 4);
  url.append(scheme).append("://").append(host).append(request.path);
  if (!request.query.empty()) url.append(1, '?').append(request.query);
  return url;
}

}  // namespace certes::gateway
