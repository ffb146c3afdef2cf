#include "common/http/server/html.hpp"

#include "common/crypto/crypto.hpp"

namespace certes::http {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
td p { margin: 0; }
details { border: 1px solid #8886; border-radius: .4rem; margin: .4rem 0; padding: .3rem .8rem; overflow-x: auto; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 5rem; }
h2 { margin-top: 2.5rem; }
)";

// This style, and no other, may be applied.
const std::string& policy() {
  static const std::string made = "default-src 'none'; style-src 'sha256-" +
                                  crypto::base64_encode(crypto::sha256(kStyle)) +
                                  "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return made;
}

// With each pair of `mark` made a pair of tags; one that stands alone stays.
std::string tagged(std::string_view text, std::string_view mark, std::string_view tag) {
  std::string out;
  for (;;) {
    const std::size_t open = text.find(mark);
    const std::size_t close = open == text.npos ? open : text.find(mark, open + mark.size());
    if (close == text.npos) return out.append(text);
    out.append(text.substr(0, open)).append("<").append(tag).append(">");
    out.append(text.substr(open + mark.size(), close - open - mark.size())).append("</").append(tag).append(">");
    text.remove_prefix(close + mark.size());
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string marked(std::string_view text) {
  const std::string all = tagged(tagged(escaped(text), "`", "code"), "**", "strong");
  std::string out;
  for (std::string_view rest = all; !rest.empty();) {
    const std::size_t end = std::min(rest.find("\n\n"), rest.size());
    out.append("<p>").append(rest.substr(0, end)).append("</p>");
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return out;
}

Response html_answer(int status, std::string_view title, std::string_view body) {
  Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.headers = {
      {"Content-Security-Policy", policy()}, {"X-Content-Type-Options", "nosniff"}, {"Referrer-Policy", "no-referrer"}};
  response.body = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>";
  response.body.append(escaped(title)).append("</title><meta name=\"viewport\" content=\"width=device-width\"><style>");
  response.body.append(kStyle).append("</style></head>\n<body>").append(body).append("</body></html>\n");
  return response;
}

bool wants_html(const Request& request) { return request.header("accept").find("text/html") != std::string_view::npos; }

}  // namespace certes::http
