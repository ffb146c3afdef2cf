#include "gateway/ingest/preference.hpp"

#include <doctest/doctest.h>

using namespace certes;
using certes::gateway::ingest::preferred_wait;

namespace {

// Seconds; 0: it does not wait.
std::int64_t wait_of(std::initializer_list<std::string_view> values) {
  http::Request request;
  for (const std::string_view value : values) request.headers.push_back({"pReFeR", value});
  return preferred_wait(request).value_or(std::chrono::seconds(0)).count();
}

}  // namespace

TEST_CASE("Prefer: how long to wait, at most thirty seconds (RFC 7240, 2 and 4.3)") {
  CHECK(wait_of({"wait=10"}) == 10);
  CHECK(wait_of({"Wait = 10"}) == 10);
  CHECK(wait_of({"wait=\"10\""}) == 10);
  CHECK(wait_of({"respond-async, wait=10"}) == 10);
  CHECK(wait_of({"respond-async", "wait=10; foo=\"a,b\""}) == 10);
  CHECK(wait_of({"foo=\"wait=3, \\\"wait=4\", wait=10"}) == 10);
  CHECK(wait_of({"wait=31"}) == 30);
  CHECK(wait_of({"wait=99999999999999999999999"}) == 30);
  CHECK(wait_of({"wait=10, wait=5"}) == 10);
}

TEST_CASE("Prefer: what is not understood is passed over") {
  for (const char* value : {"", "wait", "wait=", "wait=soon", "wait=-1", "wait=1.5", "waiting=3", "respond-async",
                            "foo=\"wait=10\"", "wait=0", ",,;=", "wait=\"10", "\"wait=10"}) {
    CAPTURE(value);
    CHECK(wait_of({value}) == 0);
  }
}
