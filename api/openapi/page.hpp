#pragma once
// /docs: the description of the API as a page for people, made on the server: no script, nothing from elsewhere. Who:
// the Master API's listener. Any thread.

#include "api/openapi/description.hpp"

namespace certes::api {

http::Response show_docs(const http::Request& request);

}  // namespace certes::api
