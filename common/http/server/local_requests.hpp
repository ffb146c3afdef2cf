#pragma once
// LocalRequests: whether a request that needs no key, because it comes from this machine, was meant: a web page in a
// browser here can send requests to any listener, under any name that its owner has pointed at this machine (DNS
// rebinding), and a tunnel or proxy here passes on the requests of the whole world. Who: gateway/access/door (--dev),
// the relay. Immutable; any thread. Allocates only where it refuses.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/http/server/server.hpp"

namespace certes::http {

class LocalRequests {
 public:
  // `hosts`: names besides those that are always good (dev.hosts), without port. `scheme`: of the listener.
  explicit LocalRequests(const std::vector<std::string>& hosts = {}, std::string_view scheme = "http");

  // Errors: forbidden; the pointer is the header, the text says what to do.
  Result<void> check(const Request& request) const;  // all of the following
  // Host: an address, localhost, *.localhost, a name without a dot, host.docker.internal, or one of `hosts`.
  Result<void> check_host(const Request& request) const;
  // Origin and Sec-Fetch-Site: no page but one of this listener's own.
  Result<void> check_page(const Request& request) const;
  // The same for a route that no page of ours calls: no Origin at all.
  static Result<void> check_no_page(const Request& request);

 private:
  std::vector<std::string> hosts_;  // in lower case
  std::string origin_;              // "http://"
};

// The first header of a request by which a proxy says that it passes it on; empty: none.
std::string_view forwarding_header(const Request& request);

}  // namespace certes::http
