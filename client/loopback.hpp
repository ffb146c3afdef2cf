#pragma once
// Whether a URL is this machine's. Who: the clients of HTTP, as a proxy set for the outside world is no way there.
// Pure.

#include <string_view>

namespace certes::client {

// Its host is localhost, a name below it, 127.a.b.c or [::1], in letters of any case.
bool is_loopback(std::string_view url);

}  // namespace certes::client
