#include "common/http/server/problem_types.hpp"

#include <algorithm>
#include <array>

namespace certes::http {
namespace {

constexpr auto kTypes = std::to_array<ProblemType>({
    {"busy", 503, "Too many requests wait for a worker, of all or of this tenant.",
     "Send it again after the time in Retry-After."},
    {"conflict", 409, "What was asked for does not fit what there is: it exists already, or something needs it.",
     "Read the resource again, and ask for what fits; the detail names what stands in the way."},
    {"expectation-failed", 417, "The request's Expect header asks for something other than 100-continue.",
     "Leave the header out."},
    {"forbidden", 403,
     "The key is good, but may not do this: a scope is missing, or it belongs to another tenant or source.",
     "Use a key with the scope that the detail names."},
    {"header-too-large", 431, "The request line and headers are larger, or more in number, than this server takes.",
     "Send fewer or shorter headers."},
    {"history-not-ready", 503, "The index of what became of events is being opened, or made anew from the log.",
     "Ask again after the time in Retry-After."},
    {"idempotency-key-in-flight", 409, "A request with this Idempotency-Key is still being answered.",
     "Send it again after the time in Retry-After: the first one's answer is repeated then."},
    {"idempotency-key-reused", 422, "This Idempotency-Key came before with another body.",
     "Use a key of its own for each request, and the same one only to repeat it unchanged."},
    {"internal", 500, "Something went wrong inside. The log of the process that answered says what.",
     "Send the request again; if it stays, look into that log."},
    {"invalid", 400, "The request is HTTP, but what it says is not understood or not allowed. pointer names the place.",
     "Mend the place that pointer names. Repeating the request unchanged does not help."},
    {"log-unavailable", 503, "The log cannot be read just now, so nothing can be shown from it.",
     "Connect again; Last-Event-ID resumes where it ended."},
    {"loop-detected", 508,
     "The event has been here more than 8 times: an endpoint sends it back to the gateway it came from.",
     "Look at the endpoints it is delivered to: one of them is, or forwards to, this gateway."},
    {"malformed-request", 400, "The bytes are no HTTP request, or one that could be read in two ways.",
     "Mend the client; the detail names the rule of RFC 9112. The connection is closed."},
    {"method-not-allowed", 405, "This path takes other methods.", "Use one of those in the Allow header."},
    {"no-backup", 501, "The log is Kafka's, and no file that could be copied.",
     "Its brokers keep copies; certes export prints what is declared."},
    {"no-history", 501, "This process keeps no index of what became of events.",
     "Ask the Master API of certes serve or certes api, or set history.enabled where you have asked."},
    {"not-accepted", 503, "Nothing was stored: the log is not reached, or as much waits for it as may.",
     "Send it again after the time in Retry-After. It is safe: nothing was stored."},
    {"not-found", 404, "There is nothing of that name, or nothing at this path, that this key may see.",
     "Look at the name, and at the tenant of the key."},
    {"not-local", 403,
     "Without a key only programs on this machine are served (--dev, the relay); this request came through a proxy, "
     "from a web page, or by another name.",
     "Send a key, or name the proxy, the host (dev.hosts) or the network (--allow-from) in the configuration."},
    {"outcome-unknown", 503, "It may or may not have been stored: the log did not say in time.",
     "Send it again with the same id, source or Idempotency-Key: a repeat is recognised."},
    {"overloaded", 503,
     "The server holds as much of unfinished requests as it takes, and this one had not moved for longest.",
     "Send it again, whole. Nothing of it was taken."},
    {"path-too-long", 414, "The path, without its query, is longer than 2,048 characters.", "Shorten it."},
    {"precondition-failed", 412,
     "The resource is not of the version that If-Match names, or exists although If-None-Match says that it must not.",
     "Read it again, and apply the change to what is there now."},
    {"schema", 422, "The event's data breaks the schema of its type. errors has each place.",
     "Mend the data, or declare a version of the type that allows it."},
    {"search-incomplete", 503, "There is more on the log than one request may read, and it has not been found yet.",
     "Go on as the detail says, or ask by the id that lists show."},
    {"timeout", 503, "It took longer than a request may.", "Send it again after the time in Retry-After."},
    {"tls-required", 400, "This port takes https only.", "Use https."},
    {"too-large", 413, "The body, or one event of it, is larger than this server takes.",
     "Send less in one request; the detail has the limit. Settings: gateway.max_body_bytes, gateway.max_batch_events."},
    {"too-many-connections", 503, "There are as many connections as this server, or one client of it, may have.",
     "Use fewer connections, or try again later."},
    {"too-many-requests", 429, "A key, source, tenant or address sends more than it may.",
     "Wait for the time in Retry-After."},
    {"too-many-watchers", 503,
     "There are as many watchers of the stream as this server, or one tenant of it, may have.",
     "Try again later, or at another gateway."},
    {"too-slow", 408, "The request did not arrive in time.", "Send it faster, or in one piece."},
    {"transfer-coding", 501, "The request's Transfer-Encoding is not chunked.", "Send a Content-Length, or chunks."},
    {"unauthenticated", 401, "There is no key, it is not a good one, or the signature does not verify.",
     "Send Authorization: Bearer with a key; for a webhook look at the source's verify and its secret, and at this "
     "machine's clock."},
    {"unsupported-media-type", 415,
     "The Content-Type or Content-Encoding is not one of those that are understood here.",
     "Send the Content-Type that the detail names."},
    {"version-not-supported", 505, "The request is not HTTP/1.1 or HTTP/1.0.", "Use HTTP/1.1."},
});
static_assert(std::ranges::is_sorted(kTypes, {}, &ProblemType::name));

}  // namespace

std::span<const ProblemType> problem_types() { return kTypes; }

const ProblemType* find_problem_type(std::string_view name) {
  const auto found = std::ranges::lower_bound(kTypes, name, {}, &ProblemType::name);
  return found != kTypes.end() && found->name == name ? &*found : nullptr;
}

}  // namespace certes::http
