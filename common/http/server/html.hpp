#pragma once
// Pages for people: HTML of our own, without scripts, and nothing from elsewhere. Who: the pages of every listener, the
// description of the API. Pure, any thread.

#include <string>
#include <string_view>

#include "common/http/server/server.hpp"

namespace certes::http {

// Text as HTML shows it, in attributes too.
std::string escaped(std::string_view text);
// The same, with `code` between back quotes, **strong** words, and a paragraph for each empty line.
std::string marked(std::string_view text);

// `body`: HTML. Its policy lets a browser load and run nothing but the style that comes along.
Response html_answer(int status, std::string_view title, std::string_view body);

// Whether who asks reads HTML: a browser, and no curl.
bool wants_html(const Request& request);

}  // namespace certes::http
