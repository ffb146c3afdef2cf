#include "client/relay/relay_request.hpp"

#include <algorithm>

#include "client/encoding.hpp"
#include "common/event/attributes.hpp"
#include "common/event/hops.hpp"
#include "common/event/read_request.hpp"
#include "common/event/trace.hpp"

namespace certes::client {
namespace {

using event::equal_ignoring_case;

// Of the connection (RFC 9110, 7.6.1), or made anew by whoever sends.
constexpr std::string_view kNotForwarded[] = {"connection", "content-length",    "expect", "host",
                                              "keep-alive", "proxy-connection",  "te",     "trailer",
                                              "upgrade",    "transfer-encoding", "accept", "accept-encoding",
                                              "user-agent"};

bool is_forwarded(std::string_view name) {
  return std::none_of(std::begin(kNotForwarded), std::end(kNotForwarded),
                      [&](std::string_view not_forwarded) { return equal_ignoring_case(name, not_forwarded); });
}

void add_trace(Item& item, const event::Trace& trace) {
  if (!trace.parent.empty()) item.headers.push_back("traceparent: " + trace.parent);
  if (!trace.state.empty()) item.headers.push_back("tracestate: " + trace.state);
}

}  // namespace

void RelayReader::complete(event::Event& event) {
  if (event.client_id.empty()) event.client_id = ids_.next("pub_");
  if (event.time.empty()) event.time = format_rfc3339(clock_.unix_millis());
}

// What the gateway would refuse is not stored. The number travels on as the header that it came in.
Result<std::uint32_t> RelayReader::hops(const http::Request& request) {
  auto hops = event::hops_of(request.headers);
  if (hops && *hops > event::kMaxHops) return fail(Code::conflict, event::too_many_hops(), std::string(event::kHops));
  return hops;
}

Result<Published> RelayReader::events(const http::Request& request) {
  const auto hops = this->hops(request);
  if (!hops) return fail(hops.error());
  if (auto done = event::read_request(document_, event::envelope_of(request.headers), request.body, max_batch_events_,
                                      incoming_);
      !done)
    return fail(std::move(done.error()));
  Published published;
  published.batch = incoming_.batch;
  const event::Trace trace = event::trace_of(request.headers);
  for (event::Event& event : incoming_.events) {
    complete(event);
    // Of a plain event it stays a header, for only CloudEvents have an attribute for it.
    const bool as_header = event.source.empty();
    if (!as_header) event::take_trace(event, trace);
    published.ids.push_back(event.client_id);
    Item& item = published.items.emplace_back(item_of(std::move(event)));
    if (as_header) add_trace(item, trace);
    if (*hops > 0) item.headers.push_back(std::string(event::kHops) + ": " + std::to_string(*hops));
  }
  return published;
}

Result<Published> RelayReader::raw(const http::Request& request, std::string_view source) {
  if (const auto counted = hops(request); !counted) return fail(counted.error());
  Published published;
  Item& item = published.items.emplace_back();
  item.form = Form::whole;
  item.path = request.path;
  if (!request.query.empty()) item.path.append("?").append(request.query);
  item.id = ids_.next("pub_");
  item.source = source;
  for (const auto& header : request.headers)
    if (is_forwarded(header.name) && !header.value.empty())
      item.headers.push_back(std::string(header.name).append(": ").append(header.value));
  item.body = request.body;
  published.ids.push_back(item.id);
  return published;
}

}  // namespace certes::client
