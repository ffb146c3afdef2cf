#pragma once
// What libcurl knows of a request that has ended: how long its parts took, and where it went. Who: CurlTransfer. Pure
// but for the handle; the sender's thread.

#include <curl/curl.h>
#include <sys/socket.h>

#include <string>

#include "common/base/clock.hpp"
#include "common/base/phases.hpp"

namespace certes::http {

// `name_asked`: since when its host's address was waited for; later than it was `begun`: it was known.
Phases phases_of(CURL* easy, SteadyTime name_asked, SteadyTime begun);
// Of the connection that was used, else the one that was `dialled` (null: none), with its port; empty: none.
std::string address_of(CURL* easy, const sockaddr_storage* dialled);

}  // namespace certes::http
