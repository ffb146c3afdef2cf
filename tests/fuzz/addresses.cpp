// What comes as an address: URLs of endpoints, networks, parameters of paths and queries. A URL that passes has a host
// that may be dialled; a literal of a private range never passes. Lines: URL or network, then a path, then a query.

#include <string>

#include "common/http/client/sender.hpp"
#include "common/http/server/server.hpp"
#include "tests/fuzz/fuzz.hpp"

using certes::fuzz::Input;
using certes::fuzz::require;
using namespace certes::http;

namespace {

const AddressPolicy& strict() {
  static const AddressPolicy policy = AddressPolicy::make({}).value();
  return policy;
}

void url(std::string_view text) {
  const auto checked = check_url(text, strict());
  if (!checked) return require(!checked.error().message.empty(), "an error has a text");
  require(text.find("://") != std::string_view::npos, "a URL that passes has a scheme");
  require(text.find('#') == std::string_view::npos, "a URL that passes has no fragment");
  for (const char c : text) require(c > 0x20 && c < 0x7f, "a URL that passes is printable ASCII");
}

void network(std::string_view text) {
  (void)strict().refusal(text, 80);
  const auto policy = AddressPolicy::make({std::string(text)});
  if (policy) require(!policy->refusal(text.substr(0, text.find('/')), 80), "a network allows its own address");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view first = input.line();
  url(first);
  network(first);
  const std::string_view path = input.line();
  if (!path.empty()) {
    const auto value = path_parameter("/t/{tenant}/events/{source}", path, "source");
    require(!value || value->size() <= path.size(), "decoding does not grow");
  }
  const std::string_view query = input.line();
  const auto value = query_parameter(query, "after");
  require(!value || value->size() <= query.size(), "decoding does not grow");
  return 0;
}
