#include "gateway/ingest/intake.hpp"

#include "common/event/attributes.hpp"
#include "common/event/cloud_event.hpp"
#include "gateway/access.hpp"
#include "gateway/ingest/answers.hpp"
#include "gateway/ingest/challenges.hpp"
#include "gateway/ingest/idempotency_key.hpp"
#include "gateway/ingest/source_names.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr std::string_view kOwnTypes = "certes.";
constexpr std::string_view kOwnSources = "urn:certes:";  // and a tenant and '/': of commands and results
constexpr std::string_view kPublish = "/events";

bool begins_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && event::equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::vector<event::AttributeHeader> cloud_headers(const http::Request& request) {
  std::vector<event::AttributeHeader> found;
  for (const auto& header : request.headers)
    if (begins_with_ignoring_case(header.name, "ce-")) found.push_back({header.name, header.value});
  return found;
}

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

// The reason label of a refusal.
std::string_view reason(Code code) {
  switch (code) {
    case Code::invalid: return "invalid";
    case Code::unauthenticated: return "unauthenticated";
    case Code::forbidden: return "forbidden";
    case Code::not_found: return "unknown_source";
    case Code::too_large: return "too_large";
    case Code::busy:
    case Code::unavailable: return "not_accepted";
    case Code::conflict:
    case Code::unknown_outcome:
    case Code::timeout:
    case Code::internal: return "internal";
  }
  return "internal";
}

Acceptor::Options acceptor_options(const config::Settings& settings) {
  Acceptor::Options options;
  options.durable_timeout = Millis{static_cast<std::int64_t>(settings.gateway.durable_timeout_seconds * 1'000)};
  return options;
}

}  // namespace

Intake::Intake(http::Loop& loop, const Dependencies& dependencies, Door& door, Acceptor::Shared shared,
               IdempotencyIndex& idempotency, RateLimits& limits, SchemaCache& schemas, IngestMetrics& metrics,
               stream::Tail& tail, WaitingRoom& waiting)
    : loop_(loop),
      dependencies_(dependencies),
      door_(door),
      idempotency_(idempotency),
      metrics_(metrics),
      clients_(dependencies.settings),
      ids_(dependencies.clock),
      gate_(loop, dependencies.settings.gateway, limits, metrics),
      types_(schemas, dependencies.settings.gateway.unknown_types == "strict"),
      acceptor_(loop, dependencies.log, shared, metrics, acceptor_options(dependencies.settings)),
      waits_(loop, dependencies.clock, tail, waiting) {}

void Intake::refuse(const Error& error, std::string_view source, http::Exchange exchange) {
  metrics_.rejected(source, reason(error.code));
  exchange.respond(answer(error));
}

void Intake::refuse_webhook(const Error& error, const PreparedSource& source, http::Exchange exchange) {
  metrics_.rejected(source.source().id, reason(error.code));
  const bool basic = source.source().verify.scheme == "basic";
  exchange.respond(basic ? answer_of_basic(error, source.source().id) : answer(error));
}

void Intake::publish(const http::Request& request, const Visit& visit, http::Exchange exchange) {
  const auto& [route, state, caller, tenant, named] = visit;
  const auto hops = gate_.hops(request, tenant, "", exchange);
  if (!hops) return;
  const Form form = form_of(request);
  if (form == Form::none) {
    metrics_.rejected("", "unsupported_media_type");
    return exchange.respond(unsupported_media_type(event::media_type(request.header("content-type"))));
  }
  if (auto read = read_published(form, request); !read) return refuse(read.error(), "", std::move(exchange));
  const bool in_headers = form == Form::binary;
  for (std::size_t i = 0; i < incoming_.events.size(); ++i) {
    auto done =
        may_take_name(*caller, *state, tenant, incoming_.events[i].source, in_headers ? "ce-source" : "/source");
    if (done) done = complete(incoming_.events[i], request, tenant, in_headers ? "ce-type" : "/type");
    if (!done) {
      Error error = std::move(done.error());
      if (incoming_.batch) error.pointer.insert(0, "/" + std::to_string(i));
      return refuse(error, "", std::move(exchange));
    }
  }
  for (event::Event& event : incoming_.events) event.hops = *hops;
  if (!types_hold(form, state, exchange)) return;
  IdempotencyIndex::Claim claim;
  auto again = repeated(request, *caller, {tenant, kPublish}, incoming_.events, claim);
  if (!again) return refuse(again.error(), "", std::move(exchange));
  if (*again) return exchange.respond(std::move(**again));
  gate_.take_more(incoming_.events.size());
  waits_.accept(acceptor_, request, {std::move(incoming_.events), incoming_.batch, nullptr, {}, {}, std::move(claim)},
                std::move(exchange));
}

// False: answered.
bool Intake::types_hold(Form form, const registry::StatePtr& state, http::Exchange& exchange) {
  if (types_.knows_nothing(*state)) return true;
  std::vector<http::Fault> breaches;
  schema::Budget budget;
  for (std::size_t i = 0; i < incoming_.events.size() && breaches.size() < TypeCheck::kMostBreaches; ++i) {
    TypeCheck::Places places{form == Form::binary ? "ce-type" : "/type", form == Form::binary ? "" : "/data"};
    if (incoming_.batch) places.prefix = "/" + std::to_string(i);
    if (types_.check(state, incoming_.events[i], places, budget, breaches) == schema::Verdict::exhausted) {
      breaches.push_back(exhausted(places.prefix + std::string(places.data)));
      break;
    }
  }
  if (breaches.empty()) return true;
  metrics_.rejected("", "schema");
  exchange.respond(breaks_schema(breaches));
  return false;
}

Result<std::optional<http::Response>> Intake::repeated(const http::Request& request, const Caller& caller, KeyUse use,
                                                       std::vector<event::Event>& events,
                                                       IdempotencyIndex::Claim& claim) {
  const auto key = idempotency_key(request, caller, use.tenant, use.route);
  if (!key) return fail(key.error());
  if (!*key) return std::optional<http::Response>();
  auto found = idempotency_.begin((*key)->key, (*key)->payload, loop_.now());
  if (found.state == IdempotencyIndex::State::fresh) {
    give_ids(**key, events);
    claim = std::move(found.claim);
    return std::optional<http::Response>();
  }
  metrics_.repeated(found.state);
  return std::optional(answer_again(std::move(found)));
}

Result<void> Intake::read_published(Form form, const http::Request& request) {
  const auto most = static_cast<std::size_t>(dependencies_.settings.gateway.max_batch_events);
  switch (form) {
    case Form::batch: return event::read_cloud_event_batch(document_, request.body, most, incoming_);
    case Form::structured: return event::read_cloud_event(document_, request.body, incoming_);
    case Form::binary:
      return event::read_binary_cloud_event(cloud_headers(request), request.header("content-type"), request.body,
                                            incoming_);
    default: return event::read_plain_json(document_, request.body, most, incoming_);
  }
}

// What Certes adds itself.
Result<void> Intake::complete(event::Event& event, const http::Request& request, std::string_view tenant,
                              std::string_view type_place) {
  if (std::string_view(event.type).starts_with(kOwnTypes))
    return fail(Code::forbidden, "types that begin with 'certes.' are Certes' own", std::string(type_place));
  if (std::string_view(event.source).starts_with(kOwnSources) && event.source.find('/') != event.source.npos)
    return fail(Code::forbidden, "sources of the form urn:certes:TENANT/… are Certes' own",
                type_place == "ce-type" ? "ce-source" : "/source");
  event.id = ids_.next("evt_");
  if (event.client_id.empty()) event.client_id = event.id;
  event.tenant = tenant;
  if (event.source.empty()) event.source.assign("urn:certes:").append(tenant);
  if (event.time.empty()) event.time = format_rfc3339(dependencies_.clock.unix_millis());
  if (event.conversation_id.empty()) event.conversation_id = event.id;
  if (event.traceparent.empty()) {
    const std::string_view traceparent = request.header("traceparent");
    if (event::valid_traceparent(traceparent)) event.traceparent = traceparent;
  }
  return {};
}

void Intake::webhook(const http::Request& request, const Visit& visit, http::Exchange exchange) {
  const auto& [route, state, nobody, tenant, source] = visit;
  const auto known = state->source(tenant, source);
  if (!known) return refuse({Code::not_found, "there is no source " + std::string(source)}, "", std::move(exchange));
  auto ready = prepared(known);
  if (!ready) return refuse(ready.error(), source, std::move(exchange));
  Gate::Sender sender{tenant, "", "", source};
  if ((*ready)->needs_key()) {
    Visit with_key = visit;
    if (auto refusal = ask_for_key(request, with_key)) {
      metrics_.rejected(source, reason(refusal->code));
      return exchange.respond(std::move(refusal->answer));
    }
    sender.key_tenant = with_key.caller->tenant;
    sender.key = with_key.caller->key;
  }
  if (gate_.over_rate(state, sender, exchange)) return;
  if (auto challenge = unsigned_challenge(**ready, request)) return exchange.respond(std::move(*challenge));
  if (auto verified = (*ready)->verify(request, dependencies_.clock.unix_millis()); !verified)
    return refuse_webhook(verified.error(), **ready, std::move(exchange));
  if (auto challenge = signed_challenge(**ready, request, document_)) return exchange.respond(std::move(*challenge));
  const auto hops = gate_.hops(request, tenant, source, exchange);
  if (!hops) return;
  if (auto read = read_webhook(**ready, request); !read) return refuse(read.error(), source, std::move(exchange));
  incoming_.events.front().hops = *hops;
  std::vector<http::Fault> breaches;
  schema::Budget budget;
  if (!types_.knows_nothing(*state) &&
      types_.check(state, incoming_.events.front(), {}, budget, breaches) == schema::Verdict::exhausted)
    breaches.push_back(exhausted(""));
  if (!breaches.empty() && known->quarantine_invalid)
    return acceptor_.quarantine(std::move(incoming_.events.front()), summary(breaches), (*ready)->reply(), source,
                                std::move(exchange));
  if (!breaches.empty()) {
    metrics_.rejected(source, "schema");
    return exchange.respond(breaks_schema(breaches));
  }
  waits_.accept(acceptor_, request,
                {std::move(incoming_.events), false, (*ready)->reply(), std::string(source), {}, {}},
                std::move(exchange));
}

// Of a source whose scheme is a key.
std::optional<Refusal> Intake::ask_for_key(const http::Request& request, Visit& visit) {
  if (auto refusal = door_.ask_for_key(request, visit.tenant, loop_.now(), visit)) return refusal;
  if (auto may = may_use_route(*visit.caller, visit.named); !may) return Door::refuse(may.error());
  return std::nullopt;
}

std::optional<Refusal> Intake::look(const http::Request& head, const Visit& visit) {
  const auto known = visit.state->source(visit.tenant, visit.named);
  if (!known) return Door::refuse({Code::not_found, "there is no source " + std::string(visit.named)});
  const auto ready = prepared(known);
  if (!ready || !(*ready)->needs_key()) return std::nullopt;
  Visit with_key = visit;
  return ask_for_key(head, with_key);
}

void Intake::handshake(const http::Request& request, const Visit& visit, http::Exchange exchange) {
  const auto& [route, state, nobody, tenant, source] = visit;
  const auto known = state->source(tenant, source);
  if (!known) return refuse({Code::not_found, "there is no source " + std::string(source)}, "", std::move(exchange));
  const auto ready = prepared(known);
  if (!ready) return refuse(ready.error(), source, std::move(exchange));
  exchange.respond(request.method == "OPTIONS" ? answer_options(**ready, request) : answer_get(**ready, request));
}

Result<void> Intake::read_webhook(PreparedSource& source, const http::Request& request) {
  incoming_.batch = false;
  incoming_.events.clear();
  event::Event& event = incoming_.events.emplace_back();
  if (auto read = source.read(request, document_, event); !read) return fail(std::move(read.error()));
  return complete(event, request, source.source().tenant, source.source().type_from);
}

Result<PreparedSource*> Intake::prepared(const std::shared_ptr<const registry::Source>& source) {
  const std::string key = source->tenant + "/" + source->id;
  const auto found = sources_.find(key);
  if (found != sources_.end() && found->second.version() == source) return &found->second;
  auto made = PreparedSource::make(source, dependencies_.sealer, clients_);
  if (!made) return fail(std::move(made.error()));
  return &sources_.insert_or_assign(key, std::move(*made)).first->second;
}

}  // namespace certes::gateway::ingest
