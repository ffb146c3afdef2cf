// The check of an endpoint's URL, and the name in it, by the parser that will dial it.

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include "common/http/characters.hpp"
#include "common/http/client/sender.hpp"
#include "common/http/client/url_parts.hpp"

namespace certes::http {

namespace {

using Url = std::unique_ptr<CURLU, void (*)(CURLU*)>;

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (::curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, void (*)(void*)> owner(text, ::curl_free);
  return text;
}

std::uint16_t port_of(CURLU* url) {
  char* text = nullptr;
  if (::curl_url_get(url, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return 0;
  const std::unique_ptr<char, void (*)(void*)> owner(text, ::curl_free);
  std::uint16_t port = 0;
  std::from_chars(text, text + std::strlen(text), port);
  return port;
}

bool has_part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  const bool there = ::curl_url_get(url, which, &text, 0) == CURLUE_OK;
  ::curl_free(text);
  return there;
}

bool plain_characters(std::string_view url) {
  for (const char c : url)
    if (!is_visible(c) || c == '\\') return false;
  return true;
}

// From where to where the host and the port stand.
std::pair<std::size_t, std::size_t> place_of_authority(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == url.npos ? 0 : scheme + 3;
  return {begin, std::min(url.find_first_of("/?#", begin), url.size())};
}

// Digits and colons, or what the parser has made of other ways to write an IPv4 address.
bool is_literal(std::string_view host) {
  return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

Result<void> check_url(std::string_view text, const AddressPolicy& policy) {
  const auto bad = [](std::string why) { return fail(Code::invalid, "the URL " + std::move(why)); };
  if (text.size() > 4'096) return bad("is longer than 4,096 bytes");
  if (!plain_characters(text)) return bad("holds a character that must be percent-encoded");
  const Url url(::curl_url(), ::curl_url_cleanup);
  if (::curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return bad("is not well-formed");
  const std::string scheme = part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return bad("must begin with http:// or https://");
  // The parser makes do with one slash, or three.
  const std::string_view rest = text.substr(scheme.size());
  if (!rest.starts_with("://") || rest.starts_with(":///")) return bad("is not well-formed");
  if (has_part(url.get(), CURLUPART_USER) || has_part(url.get(), CURLUPART_PASSWORD))
    return bad("holds credentials; send them as a header instead");
  if (has_part(url.get(), CURLUPART_FRAGMENT) || text.find('#') != std::string_view::npos) return bad("has a fragment");
  if (part(url.get(), CURLUPART_PORT) == "0") return bad("has port 0");
  if (has_part(url.get(), CURLUPART_ZONEID)) return bad("has an address with a zone");
  std::string host = part(url.get(), CURLUPART_HOST);
  if (host.empty()) return bad("has no host");
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  if (!is_literal(host)) return {};
  if (auto refusal = policy.refusal(host, port_of(url.get()))) return bad("may not be dialled: " + *refusal);
  return {};
}

std::optional<NamedHost> named_host(const std::string& text) {
  const Url url(::curl_url(), ::curl_url_cleanup);
  if (::curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return std::nullopt;
  NamedHost named{part(url.get(), CURLUPART_HOST), port_of(url.get())};
  for (char& c : named.host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  // libcurl knows the last without asking anybody.
  const std::string& host = named.host;
  if (host.empty() || is_literal(host) || host == "localhost" || host.ends_with(".localhost")) return std::nullopt;
  return named;
}

std::string authority_of(std::string_view url) {
  const auto [begin, end] = place_of_authority(url);
  return std::string(url.substr(begin, end - begin));
}

std::string with_host(std::string_view url, std::string_view host) {
  const auto [begin, end] = place_of_authority(url);
  const std::string_view authority = url.substr(begin, end - begin);
  const std::size_t address = authority.find(']');  // of IPv6
  const std::size_t colon = authority.find(':', address == authority.npos ? 0 : address);
  std::string made(url.substr(0, begin));
  made.append(host);
  if (colon != authority.npos) made.append(authority.substr(colon));
  return made.append(url.substr(end));
}

UrlParts url_parts(std::string_view url) {
  const auto [begin, end] = place_of_authority(url);
  const std::string_view rest = url.substr(end), target = rest.substr(0, rest.find('#'));
  const std::size_t query = std::min(target.find('?'), target.size());
  UrlParts parts{authority_of(url), std::string(target.substr(0, query)),
                 std::string(target.substr(std::min(query + 1, target.size())))};
  const std::string_view own_port = begin == std::string_view("https://").size() ? ":443" : ":80";
  if (parts.host.ends_with(own_port)) parts.host.erase(parts.host.rfind(':'));
  if (parts.path.empty()) parts.path = "/";
  return parts;
}

std::string origin_of(const std::string& text) {
  const Url url(::curl_url(), ::curl_url_cleanup);
  if (::curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) return {};
  const std::string port = part(url.get(), CURLUPART_PORT);
  return part(url.get(), CURLUPART_SCHEME) + "://" + part(url.get(), CURLUPART_HOST) + (port.empty() ? "" : ":" + port);
}

}  // namespace certes::http
