#include "client/loopback.hpp"

#include <algorithm>
#include <string>

namespace certes::client {
namespace {

// In lower case, without user info and port.
std::string host_of(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t user = url.rfind('@'); user != url.npos) url.remove_prefix(user + 1);
  url = url.substr(0, url.starts_with('[') ? std::min(url.find(']'), url.size() - 1) + 1 : url.find(':'));
  std::string host(url);
  for (char& c : host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return host;
}

}  // namespace

bool is_loopback(std::string_view url) {
  const std::string host = host_of(url);
  if (host == "localhost" || host.ends_with(".localhost") || host == "[::1]") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace certes::client
