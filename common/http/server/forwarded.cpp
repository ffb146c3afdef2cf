#include "common/http/server/forwarded.hpp"

#include "common/http/characters.hpp"
#include "common/http/server/framing.hpp"

namespace certes::http {

namespace {

// Without the port that some proxies add: 192.0.2.1:80, [2001:db8::1]:80, [2001:db8::1].
std::string_view without_port(std::string_view entry) {
  if (entry.starts_with('[')) return entry.substr(1, entry.find(']') - 1);
  const std::size_t colon = entry.find(':');
  return colon != std::string_view::npos && colon == entry.rfind(':') ? entry.substr(0, colon) : entry;
}

// The value of a header that is there once at most.
Result<std::string_view> only(const Request& request, std::string_view name) {
  const HeaderView* found = nullptr;
  for (const HeaderView& header : request.headers) {
    if (!same_token(header.name, name)) continue;
    if (found != nullptr || header.value.find(',') != std::string_view::npos)
      return fail(Code::unauthenticated, std::string(name) + " has several values: a trusted proxy must replace it",
                  std::string(name));
    found = &header;
  }
  return found == nullptr ? std::string_view() : found->value;
}

}  // namespace

Result<ForwardedOrigin> forwarded_origin(const Request& request) {
  constexpr std::string_view kProto = "x-forwarded-proto", kHost = "x-forwarded-host";
  const auto proto = only(request, kProto), host = only(request, kHost);
  if (!proto) return fail(proto.error());
  if (!host) return fail(host.error());
  ForwardedOrigin origin;
  if (same_token(*proto, "https")) origin.scheme = "https";
  if (same_token(*proto, "http")) origin.scheme = "http";
  if (origin.scheme.empty() && !proto->empty())
    return fail(Code::unauthenticated, std::string(kProto) + " is neither http nor https", std::string(kProto));
  if (!host->empty() && !is_authority(*host))
    return fail(Code::unauthenticated, std::string(kHost) + " is no host", std::string(kHost));
  origin.host = *host;
  return origin;
}

std::string_view client_address(const Request& request, const Networks& trusted) {
  std::string_view client = request.peer;
  for (auto header = request.headers.rbegin(); header != request.headers.rend(); ++header) {
    if (!same_token(header->name, "x-forwarded-for")) continue;
    for (std::string_view list = header->value; !list.empty();) {
      if (!trusted.contains(client)) return client;
      const std::size_t comma = list.rfind(',');
      client = without_port(trimmed(comma == std::string_view::npos ? list : list.substr(comma + 1)));
      if (!Networks::parse_address(client)) return {};
      list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
    }
  }
  return client;
}

}  // namespace certes::http
