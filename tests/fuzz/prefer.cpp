// The Prefer header: whatever it says, a wait is within its bounds, and what a preference says does not hang on what
// stands behind it. Input: header values, a line each.

#include <string>

#include "gateway/ingest/preference.hpp"
#include "tests/fuzz/fuzz.hpp"

using certes::fuzz::Input;
using certes::fuzz::require;
using namespace certes::gateway::ingest;

namespace {

std::optional<std::chrono::seconds> wait_of(std::string_view first, std::string_view second = {}) {
  certes::http::Request request;
  request.headers.push_back({"Prefer", first});
  if (!second.empty()) request.headers.push_back({"prefer", second});
  return preferred_wait(request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view first = input.line(), second = input.line();
  const auto wait = wait_of(first, second);
  require(!wait || (*wait > std::chrono::seconds(0) && *wait <= kLongestWait), "a wait is within its bounds");
  const bool plain = first.find_first_of("\"\\") == first.npos;
  if (plain && wait_of(first)) require(wait_of(std::string(first) + ", wait=29") == wait_of(first), "the first counts");
  require(wait_of("respond-async, wait=7") == std::chrono::seconds(7), "a plain one is understood");
  if (plain && first.find_first_of(",;=") == first.npos)
    require(wait_of(std::string(first) + ", wait=7") == std::chrono::seconds(7), "others are passed over");
  return 0;
}
