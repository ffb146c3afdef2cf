#pragma once
// Writes responses as bytes. Who: the server's connections. Pure.

#include <ctime>
#include <string>
#include <string_view>

#include "common/http/server/framing.hpp"
#include "common/http/server/server.hpp"

namespace certes::http {

// How the client knows where the body ends.
enum class BodyEnd : std::uint8_t { length, chunks, connection };

struct Rendering {
  std::string_view date;        // RFC 9110 form
  bool keep_alive = true;       // otherwise "Connection: close"
  bool say_keep_alive = false;  // to an HTTP/1.0 client that asked for it
  BodyEnd body_end = BodyEnd::length;
};

// Appends status line and header, with the empty line at its end; not the body.
void render_header(std::string& out, const Response& response, const Rendering& how);
// 1xx, 204 and 304 have no body.
bool status_has_body(int status);
// Sun, 06 Nov 1994 08:49:37 GMT
std::string http_date(std::time_t at);
Response problem_of(const Refusal& refusal, const FramingLimits& limits);

}  // namespace certes::http
