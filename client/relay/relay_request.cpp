#include "client/relay/relay_request.hpp"

#include <algorithm>

#include "client/encoding.hpp"
#include "common/event/attributes.hpp"
#include "common/event/cloud_event.hpp"
#include "common/event/hops.hpp"
#include "common/event/trace.hpp"

namespace certes::client {
namespace {

using event::equal_ignoring_case;

// Of the connection (RFC 9110, 7.6.1), or made anew by whoever sends.
constexpr std::string_view kNotForwarded[] = {"connection", "content-length",    "expect", "host",
                                              "keep-alive", "proxy-connection",  "te",     "trailer",
                                              "upgrade",    "transfer-encoding", "accept", "accept-encoding",
                                              "user-agent"};

bool begins_ignoring_case(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && equal_ignoring_case(text.substr(0, with.size()), with);
}

bool is_forwarded(std::string_view name) {
  return std::none_of(std::begin(kNotForwarded), std::end(kNotForwarded),
                      [&](std::string_view not_forwarded) { return equal_ignoring_case(name, not_forwarded); });
}

std::vector<event::AttributeHeader> cloud_headers(const http::Request& request) {
  std::vector<event::AttributeHeader> found;
  for (const auto& header : request.headers)
    if (begins_ignoring_case(header.name, "ce-")) found.push_back({header.name, header.value});
  return found;
}

void add_trace(Item& item, const event::Trace& trace) {
  if (!trace.parent.empty()) item.headers.push_back("traceparent: " + trace.parent);
  if (!trace.state.empty()) item.headers.push_back("tracestate: " + trace.state);
}

}  // namespace

// As the gateway tells the forms apart (CloudEvents HTTP binding 1.0, section 3).
Result<void> RelayReader::read(const http::Request& request) {
  const std::string_view type = event::media_type(request.header("content-type"));
  const auto is = [type](std::string_view name) { return equal_ignoring_case(type, name); };
  if (is("application/cloudevents-batch+json") || is("application/cloudevents-batch"))
    return event::read_cloud_event_batch(document_, request.body, max_batch_events_, incoming_);
  if (is("application/cloudevents+json") || is("application/cloudevents"))
    return event::read_cloud_event(document_, request.body, incoming_);
  const bool unknown_format = begins_ignoring_case(type, "application/cloudevents");
  if (!unknown_format && request.has_header("ce-specversion"))
    return event::read_binary_cloud_event(cloud_headers(request), request.header("content-type"), request.body,
                                          incoming_);
  if (is("application/json")) return event::read_plain_json(document_, request.body, max_batch_events_, incoming_);
  return fail(Code::not_found,
              "this Content-Type is not understood; send Content-Type: application/json, application/cloudevents+json "
              "or application/cloudevents-batch+json, or the header ce-specversion for a CloudEvent in binary mode",
              "content-type");
}

Result<void> RelayReader::complete(event::Event& event) {
  if (event.type.starts_with("certes."))
    return fail(Code::forbidden, "types that begin with 'certes.' are Certes' own", "/type");
  if (event.client_id.empty()) event.client_id = ids_.next("pub_");
  if (event.time.empty()) event.time = format_rfc3339(clock_.unix_millis());
  return {};
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
  if (auto done = read(request); !done) return fail(std::move(done.error()));
  Published published;
  published.batch = incoming_.batch;
  const event::Trace trace = event::trace_of(request.headers);
  for (std::size_t i = 0; i < incoming_.events.size(); ++i) {
    event::Event& event = incoming_.events[i];
    if (auto done = complete(event); !done) {
      if (incoming_.batch) done.error().pointer.insert(0, "/" + std::to_string(i));
      return fail(std::move(done.error()));
    }
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
