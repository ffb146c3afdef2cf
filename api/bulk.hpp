#pragma once
// POST /bulk: many changes of resources in one request, [{"method","path","body"?,"if_match"?}], made one after the
// other, each as if it had come by itself: with the caller's key, the scope of its own route, the tenant it names or
// else the request's. An answer for each; what fails holds up none of the others, but where the registry is not
// reached, or the answers or the time are at their limit: what comes then is answered so, and was not tried. In steps:
// other tenants' lengthy requests have their turns in between.
// Who: api/table. Blocks.

#include "api/call.hpp"

namespace certes::api {

inline constexpr std::size_t kBulkBytes = 8u << 20;         // of a request
inline constexpr std::size_t kBulkItems = 1'000;            // in it
inline constexpr std::size_t kBulkAnswerBytes = 16u << 20;  // of the answers, about
inline constexpr Millis kBulkLimit{5'000};                  // of steps; what others take in between is not counted

// Errors: invalid, it is no such array, or an item has no such form: nothing was done; too_large, it has too many.
Result<std::unique_ptr<http::Steps>> bulk(const Call& call, Services& services);

}  // namespace certes::api
