#pragma once
// Hops: how often an event has left Certes and come in again, so that one that begets itself ends. The number stands in
// `certes-hops`, as an HTTP header and as a record's; none is 0. Used by who accepts (gateway, relay) and who sends
// (dispatcher). Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/event/attributes.hpp"

namespace certes::event {

inline constexpr std::string_view kHops = "certes-hops";
inline constexpr std::uint32_t kMaxHops = 8;  // more are not taken

// "3", or "1, 3" as proxies join what is there twice: the highest. What is far too high is kMaxHops + 1. Error:
// invalid; to be refused, as a number that cannot be read must not begin again at 0.
Result<std::uint32_t> read_hops(std::string_view value);

// Of a request's headers: the highest of all fields of that name. Error: invalid.
template <class Fields>
Result<std::uint32_t> hops_of(const Fields& headers) {
  std::uint32_t most = 0;
  for (const auto& header : headers) {
    if (!equal_ignoring_case(header.name, kHops)) continue;
    auto read = read_hops(header.value);
    if (!read) return fail(std::move(read.error()));
    most = std::max(most, *read);
  }
  return most;
}

// What is said of an event with more than kMaxHops.
std::string too_many_hops();

}  // namespace certes::event
