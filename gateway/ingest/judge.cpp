#include "gateway/ingest/judge.hpp"

#include "gateway/access/source_names.hpp"
#include "gateway/webhook/challenges.hpp"

namespace certes::gateway::ingest {
namespace {

// Where the attributes stand in what was sent.
event::Places places_of(const Matter& matter) {
  if (matter.source) return {matter.source->source().type_from, "", ""};
  return event::places_of(matter.form);
}

// Names that are not the caller's to take.
Result<void> check_names(const Matter& matter, const event::Event& event) {
  const event::Places places = places_of(matter);
  if (auto may = may_take_name(*matter.caller, *matter.state, matter.tenant, event.source, places.source); !may)
    return may;
  return may_take_type(*matter.caller, *matter.state, matter.tenant, event.type, places.type);
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
  const event::Places places = matter.source ? event::Places{} : places_of(matter);
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
  if (!matter.source) return verify::to_parse(matter.request->body, kLongest);
  const auto verified = matter.source->effort(*matter.request);
  return verified > kLongest ? verified
                             : verified + matter.source->effort_to_read(*matter.request, kLongest - verified);
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
  auto misfits = source.read(request, {place.document, place.unpacked}, events.emplace_back());
  if (auto checked = event::check_not_own(events.front().type, "", {source.source().type_from, ""}); !checked)
    return {Refused{std::move(checked.error())}, {}};
  if (!misfits.empty() && source.source().quarantine_invalid) {
    events.front().json = {};
    judgement.verdict = Misfit{std::move(misfits)};
    return judgement;
  }
  return judged(matter, place, pace, std::move(judgement));
}

Judgement Judge::published(const Matter& matter, Workplace& place, Pace pace) const {
  Judgement judgement;
  auto done = event::read_request(place.document, event::envelope_of(matter.request->headers), matter.request->body,
                                  max_batch_events_, judgement.incoming);
  if (done) done = check_all_names(matter, judgement.incoming);
  if (!done) return {Refused{std::move(done.error())}, {}};
  return judged(matter, place, pace, std::move(judgement));
}

}  // namespace certes::gateway::ingest
