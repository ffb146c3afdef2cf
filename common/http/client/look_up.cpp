// Looking up a host by the system's means: /etc/hosts, DNS, whatever nsswitch.conf says.

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "common/http/client/resolver.hpp"
#include "common/http/listener.hpp"
#include "common/http/own_trouble.hpp"

namespace certes::http {

namespace {

using Kind = Resolution::Kind;

constexpr std::size_t kMostAddresses = 16;

Resolution failure(int error, int system_error) {
  switch (error) {
    case EAI_MEMORY: return {Kind::local, {}, ::gai_strerror(error)};
    case EAI_SYSTEM: return {own_trouble(system_error) ? Kind::local : Kind::silent, {}, std::strerror(system_error)};
    case EAI_AGAIN:
    case EAI_FAIL: return {Kind::silent, {}, std::string("the name server: ") + ::gai_strerror(error)};
    default: return {Kind::failed, {}, ::gai_strerror(error)};
  }
}

}  // namespace

Resolution look_up_by_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  errno = 0;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0) return failure(error, errno);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> free_later(list, ::freeaddrinfo);
  Resolution found{Kind::found, {}, {}};
  for (const addrinfo* one = list; one && found.addresses.size() < kMostAddresses; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    sockaddr_storage storage{};
    std::memcpy(&storage, one->ai_addr, one->ai_addrlen);
    std::string address = numeric_address(storage);
    if (std::ranges::count(found.addresses, address) == 0) found.addresses.push_back(std::move(address));
  }
  if (found.addresses.empty()) return {Kind::failed, {}, "it has no address"};
  return found;
}

}  // namespace certes::http
