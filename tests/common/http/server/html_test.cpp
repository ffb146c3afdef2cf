#include "common/http/server/html.hpp"

#include <doctest/doctest.h>

#include "common/crypto/crypto.hpp"

using namespace certes;
using namespace certes::http;

TEST_CASE("HTML: what is no markup is shown as it is") {
  CHECK(escaped(R"(<a href="x">'&'</a>)") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  CHECK(marked("`a<b` and **c**\n\nd ` e") == "<p><code>a&lt;b</code> and <strong>c</strong></p><p>d ` e</p>");
  CHECK(marked("") == "");
}

TEST_CASE("HTML: the style that a page brings is the one that its policy lets in") {
  const Response page = html_answer(404, "a & b", "<p>c</p>");
  CHECK(page.status == 404);
  CHECK(page.body.find("<title>a &amp; b</title>") != std::string::npos);
  const std::size_t begin = page.body.find("<style>") + 7;
  const std::string style = page.body.substr(begin, page.body.find("</style>") - begin);
  const std::string source = "style-src 'sha256-" + crypto::base64_encode(crypto::sha256(style)) + "';";
  CHECK(page.headers.front().first == "Content-Security-Policy");
  CHECK(page.headers.front().second.find(source) != std::string::npos);
}
