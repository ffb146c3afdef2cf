#pragma once
// What a request to a URL, which was checked, says of it. Who: CurlTransfer; whoever signs requests. Pure, any thread.

#include <string>
#include <string_view>

namespace certes::http {

struct UrlParts {
  std::string host;   // the header Host: with the port, where that is not the scheme's own
  std::string path;   // as it stands there, / where none does
  std::string query;  // behind the question mark; empty: none
};
UrlParts url_parts(std::string_view url);

}  // namespace certes::http
