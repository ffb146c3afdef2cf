#include "gateway/ingest/judge.hpp"

#include "common/event/attributes.hpp"
#include "common/event/cloud_event.hpp"
#include "gateway/access/source_names.hpp"
#include "gateway/webhook/challenges.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr std::string_view kOwnTypes = "certes.";

bool begins_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && event::equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::vector<event::AttributeHeader> cloud_headers(const http::Request& request) {
  std::vector<event::AttributeHeader> found;
  for (const auto& header : request.headers)
    if (begins_with_ignoring_case(header.name, "ce-")) found.push_back({header.name, header.value});
  return found;
}

// Where the attributes stand in what was sent.
struct Places {
  std::string_view type, source, data;
};
Places places_of(const Matter& matter) {
  if (matter.source) return {matter.source->source().type_from, "", ""};
  if (matter.form == Form::binary) return {"ce-type", "ce-source", ""};
  return {"/type", "/source", "/data"};
}

// Names that are not the sender's to take.
Result<void> check_names(const Matter& matter, const event::Event& event) {
  const Places places = places_of(matter);
  if (matter.caller != nullptr)
    if (auto may = may_take_name(*matter.caller, *matter.state, matter.tenant, event.source, places.source); !may)
      return may;
  if (matter.caller != nullptr)
    if (auto may = may_take_type(*matter.caller, *matter.state, matter.tenant, event.type, places.type); !may)
      return may;
  if (std::string_view(event.type).starts_with(kOwnTypes))
    return fail(Code::forbidden, "types that begin with 'certes.' are Certes' own", std::string(places.type));
  if (is_own_source(event.source))
    return fail(Code::forbidden, "sources of the form urn:certes:TENANT/… are Certes' own", std::string(places.source));
  return {};
}

Result<void> check_all_names(const Matter& matter, const event::Incoming& incoming) {
  for (std::size_t i = 0; i < incoming.events.size(); ++i) {
    auto checked = check_names(matter, incoming.events[i]);
    if (checked) continue;
    Error error = std::move(checked.error());
    if (incoming.batch) error.pointer.insert(0, "/" + std::to_string(i));
    return fail(std::move(error));
  }
  return {};
}

// Adds what of the events breaks the schema of its type. False: the budget was used up before that was known, and of a
// request that has no more the last fault says so.
bool check_types(const Matter& matter, Workplace& place, event::Incoming& incoming, schema::Budget& budget,
                 std::vector<http::Fault>& faults) {
  if (place.types.knows_nothing(*matter.state)) return true;
  const Places places = matter.source ? Places{} : places_of(matter);
  for (std::size_t i = 0; i < incoming.events.size() && faults.size() < TypeCheck::kMostBreaches; ++i) {
    event::Event& event = incoming.events[i];
    event.tenant = matter.tenant;
    TypeCheck::Places at{places.type, places.data};
    if (incoming.batch) at.prefix = "/" + std::to_string(i);
    if (place.types.check(matter.state, event, at, budget, faults) != schema::Verdict::exhausted) continue;
    faults.push_back(exhausted(at.prefix + std::string(places.data)));
    return false;
  }
  return true;
}

Judgement judged(const Matter& matter, Workplace& place, Pace pace, Judgement&& read) {
  schema::Budget budget(pace == Pace::quick ? schema::Budget::kAtOnce : schema::Budget::kOfRequest);
  std::vector<http::Fault> faults;
  const bool known = check_types(matter, place, read.incoming, budget, faults);
  if (!known && pace == Pace::quick) return {Exhausted{}, {}};
  if (!faults.empty()) read.verdict = BreaksSchema{std::move(faults)};
  for (event::Event& event : read.incoming.events) event.json = {};  // it is of this place's document
  return std::move(read);
}

}  // namespace

// CloudEvents HTTP binding 1.0, section 3: batched, then structured, else binary. Only JSON of its event formats.
Form form_of(const http::Request& request) {
  const std::string_view type = event::media_type(request.header("content-type"));
  const auto is = [type](std::string_view name) { return event::equal_ignoring_case(type, name); };
  if (is("application/cloudevents-batch+json") || is("application/cloudevents-batch")) return Form::batch;
  if (is("application/cloudevents+json") || is("application/cloudevents")) return Form::structured;
  if (begins_with_ignoring_case(type, "application/cloudevents")) return Form::none;
  if (request.has_header("ce-specversion")) return Form::binary;
  return is("application/json") ? Form::plain : Form::none;
}

Case::Case(const Matter& matter)
    : request_(*matter.request),
      tenant_(matter.tenant),
      caller_(matter.caller != nullptr ? *matter.caller : Caller{}),
      matter_(matter) {
  matter_.request = &request_.view();
  matter_.tenant = tenant_;
  if (matter.caller != nullptr) matter_.caller = &caller_;
}

// A body is parsed once, and what is published is looked at a second time where it is an array.
std::chrono::microseconds Judge::effort(const Matter& matter) const {
  const auto verified = matter.source ? matter.source->effort(*matter.request) : verify::Effort(0);
  return verified > kLongest ? verified : verified + verify::to_parse(matter.request->body, kLongest - verified);
}

Judgement Judge::operator()(const Matter& matter, Workplace& place, Pace pace) const {
  return matter.source ? webhook(matter, place, pace) : published(matter, place, pace);
}

Judgement Judge::webhook(const Matter& matter, Workplace& place, Pace pace) const {
  const PreparedSource& source = *matter.source;
  const http::Request& request = *matter.request;
  if (auto verified = source.verify(request, matter.now, place.document); !verified)
    return {NotVerified{std::move(verified.error()), source.cost(request)}, {}};
  if (auto challenge = signed_challenge(source, request, place.document)) return {Answered{std::move(*challenge)}, {}};
  Judgement judgement;
  auto& events = judgement.incoming.events;
  if (auto read = source.read(request, place.document, events.emplace_back()); !read)
    return {Refused{std::move(read.error())}, {}};
  if (auto checked = check_names(matter, events.front()); !checked) return {Refused{std::move(checked.error())}, {}};
  return judged(matter, place, pace, std::move(judgement));
}

Judgement Judge::published(const Matter& matter, Workplace& place, Pace pace) const {
  Judgement judgement;
  auto done = read(matter, place, judgement.incoming);
  if (done) done = check_all_names(matter, judgement.incoming);
  if (!done) return {Refused{std::move(done.error())}, {}};
  return judged(matter, place, pace, std::move(judgement));
}

Result<void> Judge::read(const Matter& matter, Workplace& place, event::Incoming& incoming) const {
  const http::Request& request = *matter.request;
  switch (matter.form) {
    case Form::batch: return event::read_cloud_event_batch(place.document, request.body, max_batch_events_, incoming);
    case Form::structured: return event::read_cloud_event(place.document, request.body, incoming);
    case Form::binary:
      return event::read_binary_cloud_event(cloud_headers(request), request.header("content-type"), request.body,
                                            incoming);
    default: return event::read_plain_json(place.document, request.body, max_batch_events_, incoming);
  }
}

}  // namespace certes::gateway::ingest
