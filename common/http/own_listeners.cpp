#include "common/http/own_listeners.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "common/http/listener.hpp"

namespace certes::http {

namespace {

using Bytes = Networks::Bytes;

bool is_v4(const Bytes& address) {
  return std::all_of(address.begin(), address.begin() + 10, [](unsigned char byte) { return byte == 0; }) &&
         address[10] == 0xff && address[11] == 0xff;
}

// The address without what marks it as IPv4 is `last` alone.
bool is_small(const Bytes& address, unsigned char last) {
  const auto from = address.begin() + (is_v4(address) ? 12 : 0);
  return std::all_of(from, address.end() - 1, [](unsigned char byte) { return byte == 0; }) && address[15] == last;
}

// Dialled, it is this machine; listened on, it is every address.
bool unspecified(const Bytes& address) { return is_small(address, 0); }

bool loopback(const Bytes& address) { return is_v4(address) ? address[12] == 127 : is_small(address, 1); }

bool of_an_interface(const Bytes& address) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return false;
  bool found = false;
  for (const ifaddrs* one = all; one && !found; one = one->ifa_next) {
    if (!one->ifa_addr || (one->ifa_addr->sa_family != AF_INET && one->ifa_addr->sa_family != AF_INET6)) continue;
    sockaddr_storage storage{};
    std::memcpy(&storage, one->ifa_addr,
                one->ifa_addr->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
    found = Networks::parse_address(numeric_address(storage)) == address;
  }
  ::freeifaddrs(all);
  return found;
}

}  // namespace

void OwnListeners::set(const std::vector<std::string>& listeners) {
  std::vector<Listening> parsed;
  for (const std::string& text : listeners) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) continue;
    std::string_view host = std::string_view(text).substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    std::uint16_t port = 0;
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    if (const auto address = Networks::parse_address(host)) parsed.push_back({*address, port});
  }
  const Lock lock(mutex_);
  listening_ = std::move(parsed);
}

bool OwnListeners::contains(const Networks::Bytes& address, std::uint16_t port) const {
  bool everywhere = false;
  {
    const Lock lock(mutex_);
    for (const Listening& one : listening_) {
      if (one.port != port) continue;
      if (one.address == address || unspecified(address)) return true;
      everywhere = everywhere || unspecified(one.address);
    }
  }
  return everywhere && (loopback(address) || of_an_interface(address));
}

}  // namespace certes::http
