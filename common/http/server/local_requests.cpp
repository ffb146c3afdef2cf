#include "common/http/server/local_requests.hpp"

#include <algorithm>
#include <array>

#include "common/http/characters.hpp"
#include "common/http/networks.hpp"
#include "common/http/server/framing.hpp"

namespace certes::http {
namespace {

constexpr std::size_t kLongestName = 253;

Error refused(std::string_view header, std::string message) {
  return {Code::forbidden, std::move(message), std::string(header)};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string in_lower_case(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(), lower);
  return lowered;
}

// The value of a header that is there once; nothing if it is there twice. Not there: empty.
std::optional<std::string_view> only(const Request& request, std::string_view name) {
  std::optional<std::string_view> found;
  for (const HeaderView& header : request.headers) {
    if (!same_token(header.name, name)) continue;
    if (found) return std::nullopt;
    found = header.value;
  }
  return found.value_or(std::string_view());
}

bool is_port(std::string_view port) {
  return !port.empty() && port.size() <= 5 && std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
}

// The host of "host", "host:port", "[v6]", "[v6]:port"; empty where it is none of them.
std::string_view without_port(std::string_view host) {
  const std::size_t end = host.starts_with('[') ? host.find(']') : host.find(':');
  if (end == std::string_view::npos) return host.starts_with('[') ? std::string_view() : host;
  const std::string_view name = host.starts_with('[') ? host.substr(0, end + 1) : host.substr(0, end);
  const std::string_view rest = host.substr(name.size());
  return rest.empty() || (rest.starts_with(':') && is_port(rest.substr(1))) ? name : std::string_view();
}

// Letters, digits, '-' and '_' in words joined by dots: nothing that two parties could read in two ways. A dot at the
// end is none of it.
bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name.front() == '.' || name.back() == '.') return false;
  if (name.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(name, [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool ends_with_label(std::string_view name, std::string_view suffix) {
  return name.size() > suffix.size() && same_token(name.substr(name.size() - suffix.size()), suffix);
}

// An address in brackets is of IPv6, another of IPv4: "[127.0.0.1]" and "::1" are no hosts, nor is one with a zone.
bool is_address(std::string_view host) {
  if (host.find('%') != std::string_view::npos) return false;
  if (host.starts_with('['))
    return host.find(':') != std::string_view::npos && Networks::parse_address(host.substr(1, host.size() - 2));
  return Networks::parse_address(host).has_value();
}

Error foreign_page(std::string_view header) {
  return refused(header,
                 "a web page of another site sent this, and without a key it could be any; send the request from a "
                 "program, or with a key: Authorization: Bearer certes_...");
}

// What a browser says of where a request comes from: only its user, or a page of the same origin, may.
Result<void> check_site(const Request& request) {
  constexpr std::string_view kHeader = "Sec-Fetch-Site";
  if (!request.has_header(kHeader)) return {};
  const auto site = only(request, kHeader);
  if (site && (*site == "none" || *site == "same-origin")) return {};
  return fail(foreign_page(kHeader));
}

}  // namespace

LocalRequests::LocalRequests(const std::vector<std::string>& hosts, std::string_view scheme)
    : origin_(std::string(scheme) + "://") {
  for (const std::string& host : hosts) hosts_.push_back(in_lower_case(host));
}

Result<void> LocalRequests::check(const Request& request) const {
  if (auto host = check_host(request); !host) return host;
  return check_page(request);
}

Result<void> LocalRequests::check_host(const Request& request) const {
  const auto given = only(request, "host");
  const std::string_view host = given ? without_port(*given) : std::string_view();
  if (is_address(host)) return {};
  if (is_plain_name(host)) {
    if (host.find('.') == std::string_view::npos) return {};
    if (ends_with_label(host, ".localhost") || same_token(host, "host.docker.internal")) return {};
    if (std::ranges::any_of(hosts_, [&](const std::string& known) { return same_token(known, host); })) return {};
  }
  return fail(refused("Host",
                      "without a key, the name in Host must be an address, localhost or a name without a dot, as any "
                      "web page can use a name of its own for this machine; call 127.0.0.1, send a key "
                      "(Authorization: Bearer certes_...), or name this host in dev.hosts"));
}

Result<void> LocalRequests::check_page(const Request& request) const {
  constexpr std::string_view kHeader = "Origin";
  if (auto site = check_site(request); !site) return site;
  if (!request.has_header(kHeader)) return {};
  const auto origin = only(request, kHeader);
  if (!origin || origin->size() <= origin_.size()) return fail(foreign_page(kHeader));
  const bool own = same_token(origin->substr(0, origin_.size()), origin_) &&
                   same_token(origin->substr(origin_.size()), request.header("host"));
  if (own) return {};
  return fail(foreign_page(kHeader));
}

Result<void> LocalRequests::check_no_page(const Request& request) {
  if (auto site = check_site(request); !site) return site;
  if (!request.has_header("Origin")) return {};
  return fail(foreign_page("Origin"));
}

std::string_view forwarding_header(const Request& request) {
  constexpr std::array<std::string_view, 5> kHeaders = {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via",
                                                        "CF-Connecting-IP"};
  for (const std::string_view name : kHeaders)
    if (request.has_header(name)) return name;
  return {};
}

}  // namespace certes::http
