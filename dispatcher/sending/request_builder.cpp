#include "dispatcher/sending/request_builder.hpp"

#include <algorithm>

#include "common/base/hex.hpp"
#include "common/base/seconds.hpp"
#include "common/event/attributes.hpp"
#include "common/event/hops.hpp"
#include "common/event/structured.hpp"
#include "common/event/trace.hpp"
#include "common/log/names.hpp"
#include "dispatcher/sending/header_rules.hpp"

namespace certes::dispatcher {
namespace {

namespace names = log::names;

constexpr std::string_view kAttribute = "ce_", kWebhook = "webhook-", kSvix = "svix-";

std::string header(std::string_view name, std::string_view value) {
  std::string line;
  line.reserve(name.size() + 2 + value.size());
  return line.append(name).append(": ").append(value);
}

std::string attribute_header(std::string_view name, std::string_view value) {
  std::string line;
  line.reserve(name.size() + 5 + value.size());
  line.append("ce-").append(name).append(": ");
  append_percent_encoded(line, value);
  return line;
}

// The producer's trace (a traceparent of version 00) goes on with a span of this attempt; without one, a trace begins.
std::string traceparent_header(std::string_view given, Random& random) {
  std::string line = "traceparent: 00-";
  line.reserve(71);
  if (!given.empty()) {
    line.append(given.substr(3, 33));
  } else {
    append_hex(line, random.bits() | 1);
    append_hex(line, random.bits());
    line.push_back('-');
  }
  append_hex(line, random.bits() | 1);
  return line.append(given.empty() ? std::string_view("-00") : given.substr(52));
}

bool has_name(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         event::equal_ignoring_case(line.substr(0, name.size()), name);
}

// Whether the endpoint sends a header of that name whatever is sent.
bool is_own(const Target& target, std::string_view name) {
  return std::ranges::any_of(target.headers(), [name](const std::string& line) { return has_name(line, name); });
}

// What the record's headers become. Its own names travel nowhere.
struct FromRecord {
  std::vector<std::string>& lines;
  const std::vector<signature::Header>& anew;
  const transform::Made* made;
  const Target& target;
  std::string_view content_type = {}, traceparent = {}, tracestate = {};
  std::string_view conversation = {}, correlation = {}, cause = {}, causation = {};
  std::uint32_t hops = 0;

  void take(std::string_view name, std::string_view value) {
    if (name.starts_with(kAttribute)) {
      take_attribute(name.substr(kAttribute.size()), value);
    } else if (name == "content-type") {
      if (fit_value(value)) content_type = value;
    } else if (name == event::kHops) {
      hops = event::read_hops(value).value_or(event::kMaxHops);
    } else if (name.starts_with(names::kForward)) {
      const auto forwarded = name.substr(names::kForward.size());
      const std::string_view text = now_of(forwarded, value);
      if (may_forward(forwarded, text) && !gives_way(forwarded)) lines.push_back(header(forwarded, text));
    } else if (name == names::kQuery && fit_value(value)) {
      lines.push_back(header(names::kQuery, value));
    }
  }

  // So that no receiver finds two of one name: what a provider sent is the one that is left out.
  bool gives_way(std::string_view name) const {
    return (target.endpoint().signs_svix && name.starts_with(kSvix)) || is_own(target, name) || is_made(name);
  }

  bool is_made(std::string_view name) const {
    return made != nullptr && std::ranges::any_of(made->headers, [name](const auto& header) {
             return event::equal_ignoring_case(header.first, name);
           });
  }

  std::string_view now_of(std::string_view name, std::string_view value) const {
    for (const auto& header : anew)
      if (header.name == name) return header.value;
    return value;
  }

  void take_attribute(std::string_view name, std::string_view value) {
    if (name == "traceparent") {
      traceparent = value;
      return;
    }
    if (name == "tracestate") tracestate = value;
    if (name == "conversationid") conversation = value;
    if (name == "causeid") cause = value;
    if (name == event::kCorrelation) correlation = value;
    if (name == event::kCausation) causation = value;
    if (event::valid_attribute_name(name)) lines.push_back(attribute_header(name, value));
  }

  // Each says the same as the other, for whoever knows only one of them.
  void add_twin(std::string_view name, std::string_view own, std::string_view twin) {
    if (own.empty() && !twin.empty()) lines.push_back(attribute_header(name, twin));
  }
  void add_twins() {
    add_twin("conversationid", conversation, correlation);
    add_twin(event::kCorrelation, correlation, conversation);
    add_twin("causeid", cause, causation);
    add_twin(event::kCausation, causation, cause);
  }

  // tracestate says nothing without the traceparent that it came with.
  void add_trace(std::string_view own, Random& random) {
    const std::string parent = event::read_traceparent(traceparent);
    if (!parent.empty()) lines.push_back(attribute_header("traceparent", parent));
    lines.push_back(own.empty() ? traceparent_header(parent, random) : header("traceparent", own));
    if (!parent.empty() && !tracestate.empty() && event::fit_tracestate(tracestate))
      lines.push_back(header("tracestate", tracestate));
  }
};

constexpr std::string_view kStructuredType = "application/cloudevents+json";

// The body, and the content type that says what it is.
struct Body {
  std::shared_ptr<const void> owner;
  std::string_view text, content_type;
};

// The payload as it is sent: the record's, or what was made of it.
Body payload_of(const log::RecordPtr& record, std::string_view content_type, const transform::Made* made) {
  Body payload{record, record->value, content_type};
  if (made == nullptr) return payload;
  if (made->body) payload.owner = made->body, payload.text = *made->body;
  if (!made->content_type.empty()) payload.content_type = made->content_type;
  return payload;
}

// The record's, with the content type of what is sent.
log::Headers headers_of(const log::StoredRecord& record, std::string_view content_type) {
  log::Headers headers;
  headers.reserve(record.headers.bytes().size() + content_type.size());
  for (const auto [name, value] : record.headers)
    if (name != "content-type") headers.add(name, value);
  if (!content_type.empty()) headers.add("content-type", content_type);
  return headers;
}

Body body_of(const log::RecordPtr& record, registry::BodyFormat format, Body payload, const transform::Made* made,
             event::JsonDocument& document) {
  if (format == registry::BodyFormat::binary) return payload;
  const log::Headers changed = made != nullptr ? headers_of(*record, payload.content_type) : log::Headers();
  const log::Headers& headers = made != nullptr ? changed : record->headers;
  const auto body = std::make_shared<std::string>();
  if (format == registry::BodyFormat::structured) {
    event::append_structured(*body, headers, payload.text, document);
    return {body, *body, kStructuredType};
  }
  event::append_standard(*body, headers, payload.text, document);
  return {body, *body, "application/json"};
}

// But for those that are the endpoint's own.
void add_made(std::vector<std::string>& lines, const transform::Made& made, const Target& target) {
  for (const auto& [name, value] : made.headers)
    if (value && !is_own(target, name)) lines.push_back(header(name, *value));
}

// Under the names that the endpoint asked for; the signatures are the same.
void sign(std::vector<std::string>& lines, const Target& target, const AttemptRequest& attempt, std::string_view body) {
  const std::string time = std::to_string(attempt.now / 1000);
  const std::string signatures = target.signatures(attempt.event_id, attempt.now, body);
  const auto add = [&](std::string_view prefix) {
    const std::string name(prefix);
    lines.push_back(header(name + "id", attempt.event_id));
    lines.push_back(header(name + "timestamp", time));
    if (!signatures.empty()) lines.push_back(header(name + "signature", signatures));
  };
  if (target.endpoint().signs_standard) add(kWebhook);
  if (target.endpoint().signs_svix) add(kSvix);
}

}  // namespace

http::Transfer build_request(const log::RecordPtr& record, const Target& target, const AttemptRequest& attempt,
                             Random& random, event::JsonDocument& document) {
  http::Transfer transfer;
  transfer.id = attempt.id;
  transfer.url = attempt.url.empty() ? std::string_view(target.endpoint().url) : attempt.url;
  transfer.timeout = millis_of(target.endpoint().timeout_seconds);
  transfer.affinity = attempt.affinity;
  transfer.tenant = target.endpoint().tenant;
  auto& lines = transfer.headers;
  lines.reserve(24 + target.headers().size());
  FromRecord from{lines, attempt.anew, attempt.made, target};
  for (const auto field : record->headers) from.take(field.name, field.value);
  from.add_twins();
  Body body = body_of(record, target.endpoint().format, payload_of(record, from.content_type, attempt.made),
                      attempt.made, document);
  transfer.body_owner = std::move(body.owner);
  transfer.body = body.text;
  if (!body.content_type.empty()) lines.push_back(header("content-type", body.content_type));
  sign(lines, target, attempt, body.text);
  from.add_trace(attempt.traceparent, random);
  lines.push_back(header(names::kAttempt, std::to_string(attempt.attempt)));
  lines.push_back(header(event::kHops, std::to_string(from.hops + 1)));
  lines.push_back(header(names::kDelivery, attempt.delivery));
  if (attempt.made != nullptr) add_made(lines, *attempt.made, target);
  lines.insert(lines.end(), target.headers().begin(), target.headers().end());
  return transfer;
}

}  // namespace certes::dispatcher
