#include "gateway/ingest/intake.hpp"

#include "common/event/quarantine.hpp"
#include "common/event/trace.hpp"
#include "gateway/access/answers.hpp"
#include "gateway/access/source_names.hpp"
#include "gateway/repeats/idempotency_key.hpp"
#include "gateway/webhook/challenges.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr std::string_view kPublish = "/events";
// What is verified whoever asks: it takes no longer than to refuse it.
constexpr verify::Effort kCheap{100};

// The reason label of a refusal.
std::string_view reason(Code code) {
  switch (code) {
    case Code::invalid: return "invalid";
    case Code::unauthenticated: return "unauthenticated";
    case Code::forbidden: return "forbidden";
    case Code::not_found: return "unknown_source";
    case Code::too_large: return "too_large";
    case Code::busy:
    case Code::unavailable: return kNotAccepted;
    case Code::conflict:
    case Code::unknown_outcome:
    case Code::timeout:
    case Code::internal: break;
  }
  return kInternal;
}

Acceptor::Options acceptor_options(const config::Settings& settings) {
  Acceptor::Options options;
  options.durable_timeout = settings.gateway.durable_timeout;
  return options;
}

Admission admission_of(const Dependencies& dependencies) {
  return Admission(dependencies.settings.gateway,
                   dependencies.running == nullptr ? nullptr : &dependencies.running->live());
}

// Whose limits hold for it.
Gate::Sender sender_at_gate(const Matter& matter) {
  if (matter.source) return {matter.tenant, "", "", matter.source->source().id, matter.request};
  return {matter.tenant, matter.caller->tenant, matter.caller->key, "", matter.request};
}

}  // namespace

Intake::Intake(http::Loop& loop, const Dependencies& dependencies, Door& door, const Shared& shared)
    : loop_(loop),
      dependencies_(dependencies),
      door_(door),
      idempotency_(shared.idempotency),
      unverified_(shared.unverified),
      heavy_(shared.heavy),
      metrics_(shared.metrics),
      clients_(dependencies.settings),
      judge_(dependencies.settings.gateway.max_batch_events),
      ids_(dependencies.clock),
      refusals_(loop, dependencies, shared.metrics, shared.refused,
                [this](log::Record&& notice) { acceptor_.tell(std::move(notice)); }),
      gate_(loop, admission_of(dependencies), shared.limits, shared.metrics, refusals_),
      sources_(dependencies.sealer, clients_, dependencies.settings.gateway.max_body_bytes),
      workplace_(shared.schemas, dependencies.settings.gateway.unknown_types == "strict"),
      acceptor_(loop, dependencies.log, shared.acceptor, metrics_, acceptor_options(dependencies.settings)),
      waits_(loop, dependencies.clock, shared.tail, shared.waiting) {}

void Intake::refuse(const Error& error, std::string_view tenant, std::string_view source, const http::Request& request,
                    http::Exchange exchange) {
  refusals_.refused({tenant, source, reason(error.code), error.message, error.pointer, &request});
  exchange.respond(answer(error));
}

void Intake::publish(const http::Request& request, const Visit& visit, http::Exchange exchange) {
  sources_.follow(visit.state);
  const auto hops = gate_.hops(request, visit.tenant, "", exchange);
  if (!hops) return;
  const event::Envelope envelope = event::envelope_of(request.headers);
  if (const auto error = event::unsupported(envelope)) {
    metrics_.rejected(visit.tenant, "", "unsupported_media_type");
    return exchange.respond(unsupported_media_type(*error));
  }
  judge({&request, visit.state, visit.tenant, dependencies_.clock.unix_millis(), visit.caller, envelope.form, nullptr,
         *hops},
        std::move(exchange));
}

void Intake::webhook(const http::Request& request, const Visit& visit, http::Exchange exchange) {
  const auto& [route, state, nobody, tenant, source] = visit;
  sources_.follow(state);
  const auto ready = sources_.find(*state, tenant, source);
  if (!ready)
    return refuse(ready.error(), tenant, ready.error().code == Code::not_found ? "" : source, request,
                  std::move(exchange));
  Gate::Sender sender{tenant, "", "", source, &request};
  if ((*ready)->needs_key()) {
    Visit with_key = visit;
    if (auto refusal = ask_for_key(request, with_key)) {
      refusals_.refused(
          {tenant, source, reason(refusal->code), "no key that may send here", "authorization", &request});
      return exchange.respond(std::move(refusal->answer));
    }
    sender.key_tenant = with_key.caller->tenant;
    sender.key = with_key.caller->key;
  }
  const Matter matter{&request, state, tenant, dependencies_.clock.unix_millis(), nullptr, event::Form::none, *ready};
  // Who has still to prove who he is takes nothing from anybody's rate before that.
  if ((*ready)->verifies() ? turned_away(matter, exchange) : gate_.over_rate(state, sender, exchange)) return;
  if (auto challenge = unsigned_challenge(**ready, request)) return exchange.respond(std::move(*challenge));
  judge(matter, std::move(exchange));
}

// True: it was answered. The source is above its rate; or its sender has failed too often for what this would take.
bool Intake::turned_away(const Matter& matter, http::Exchange& exchange) {
  if (gate_.is_over_rate(matter.state, sender_at_gate(matter), exchange)) return true;
  const auto wait = unverified_.wait(sender_of(matter), loop_.now());
  if (wait == std::chrono::nanoseconds(0) || matter.source->effort(*matter.request) <= kCheap) return false;
  constexpr std::string_view kNotLooked = "verifying this one would take long: it was not looked at";
  refusals_.refused({matter.tenant, matter.source->source().id, "unverified", kNotLooked, {}, matter.request});
  exchange.respond(too_many_unverified(kNotLooked, wait));
  return true;
}

void Intake::judge(const Matter& matter, http::Exchange exchange) {
  if (judge_.effort(matter) > Judge::kLongest) return hand_over(matter, std::move(exchange));
  auto judgement = judge_(matter, workplace_, Pace::quick);
  if (std::holds_alternative<Exhausted>(judgement.verdict)) return hand_over(matter, std::move(exchange));
  settle(matter, std::move(judgement), std::move(exchange));
}

void Intake::hand_over(const Matter& matter, http::Exchange exchange) {
  struct Held {
    Held(const Matter& of, http::Exchange&& answer) : own(of), exchange(std::move(answer)) {}
    const Case own;
    http::Exchange exchange;
    Judgement judgement;
  };
  const auto held = std::make_shared<Held>(matter, std::move(exchange));
  HeavyWork::Job job;
  job.work = [this, held](Workplace& place) { held->judgement = judge_(held->own.matter(), place, Pace::whole); };
  job.then = [this, held](bool done) {
    if (done) return settle(held->own.matter(), std::move(held->judgement), std::move(held->exchange));
    const Matter& own = held->own.matter();
    refuse(HeavyWork::full(), own.tenant, own.source ? own.source->source().id : "", *own.request,
           std::move(held->exchange));
  };
  heavy_.offer(loop_, held->own.matter().tenant, held->own.bytes(), std::move(job));
}

void Intake::settle(const Matter& matter, Judgement&& judgement, http::Exchange exchange) {
  for (event::Event& event : judgement.incoming.events) complete(matter, event);
  if (matter.source) return settle_webhook(matter, std::move(judgement), std::move(exchange));
  settle_published(matter, std::move(judgement), std::move(exchange));
}

void Intake::settle_published(const Matter& matter, Judgement&& judgement, http::Exchange exchange) {
  if (const auto* refused = std::get_if<Refused>(&judgement.verdict))
    return refuse(refused->error, matter.tenant, "", *matter.request, std::move(exchange));
  if (const auto* broken = std::get_if<BreaksSchema>(&judgement.verdict)) {
    metrics_.rejected(matter.tenant, "", "schema");
    return exchange.respond(breaks_schema(broken->faults));
  }
  auto& [events, batch] = judgement.incoming;
  IdempotencyIndex::Claim claim;
  auto again = repeated(*matter.request, *matter.caller, {matter.tenant, kPublish}, events, claim);
  if (!again) return refuse(again.error(), matter.tenant, "", *matter.request, std::move(exchange));
  if (*again) return exchange.respond(std::move(**again));
  gate_.take_more(matter.state, sender_at_gate(matter), events.size());
  waits_.accept(acceptor_, *matter.request, {std::move(events), batch, nullptr, {}, {}, std::move(claim)},
                std::move(exchange));
}

void Intake::settle_webhook(const Matter& matter, Judgement&& judgement, http::Exchange exchange) {
  const PreparedSource& source = *matter.source;
  const std::string& id = source.source().id;
  if (const auto* failed = std::get_if<NotVerified>(&judgement.verdict))
    return not_verified(matter, *failed, std::move(exchange));
  if (source.verifies() && gate_.over_rate(matter.state, sender_at_gate(matter), exchange)) return;
  if (auto* challenge = std::get_if<Answered>(&judgement.verdict))
    return exchange.respond(std::move(challenge->response));
  const auto hops = gate_.hops(*matter.request, matter.tenant, id, exchange);
  if (!hops) return;
  if (const auto* refused = std::get_if<Refused>(&judgement.verdict))
    return refuse(refused->error, matter.tenant, id, *matter.request, std::move(exchange));
  auto& events = judgement.incoming.events;
  for (event::Event& event : events) event.hops = *hops;
  const auto quarantine = [&](std::string_view rule, const std::vector<http::Fault>& faults) {
    acceptor_.quarantine(std::move(events.front()), {rule, summary(faults)}, source.reply(), id, std::move(exchange));
  };
  if (const auto* misfit = std::get_if<Misfit>(&judgement.verdict))
    return quarantine(event::kAttributesRule, misfit->faults);
  if (const auto* broken = std::get_if<BreaksSchema>(&judgement.verdict)) {
    if (source.source().quarantine_invalid) return quarantine(event::kSchemaRule, broken->faults);
    refusals_.refused(
        {matter.tenant, id, "schema", summary(broken->faults), broken->faults.front().pointer, matter.request});
    return exchange.respond(breaks_schema(broken->faults));
  }
  waits_.accept(acceptor_, *matter.request, {std::move(events), false, source.reply(), id, {}, {}},
                std::move(exchange));
}

// Above the bound of who sends it, the same is told with when to come again.
void Intake::not_verified(const Matter& matter, const NotVerified& failed, http::Exchange exchange) {
  const Error& error = failed.error;
  const registry::Source& source = matter.source->source();
  const auto sender = sender_of(matter);
  const auto wait = unverified_.wait(sender, loop_.now());
  unverified_.failed(sender, failed.cost, loop_.now());
  if (wait > std::chrono::nanoseconds(0)) {
    refusals_.refused({matter.tenant, source.id, "unverified", error.message, error.pointer, matter.request});
    return exchange.respond(too_many_unverified(error.message, wait));
  }
  refusals_.refused({matter.tenant, source.id, reason(error.code), error.message, error.pointer, matter.request});
  exchange.respond(source.verify.scheme == "basic" ? answer_of_basic(error, source.id) : answer(error));
}

Unverified::Sender Intake::sender_of(const Matter& matter) const {
  const std::string_view client = clients_.address_of(*matter.request);
  return unverified_.sender(matter.tenant, matter.source->source().id, client.empty() ? matter.request->peer : client);
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

// What Certes adds itself.
void Intake::complete(const Matter& matter, event::Event& event) {
  event.id = ids_.next("evt_");
  event.hops = matter.hops;
  if (event.client_id.empty()) event.client_id = event.id;
  event.tenant = matter.tenant;
  if (event.source.empty()) event.source.assign("urn:certes:").append(matter.tenant);
  if (event.time.empty()) event.time = format_rfc3339(matter.now);
  if (event.conversation_id.empty()) event.conversation_id = event.id;
  event::take_trace(event, matter.request->headers);
}

// Of a source whose scheme is a key.
std::optional<Refusal> Intake::ask_for_key(const http::Request& request, Visit& visit) {
  if (auto refusal = door_.ask_for_key(request, visit.tenant, loop_.now(), visit)) return refusal;
  if (auto may = may_use_route(*visit.caller, visit.named); !may) return Door::refuse(may.error());
  return std::nullopt;
}

std::optional<Refusal> Intake::look(const http::Request& head, const Visit& visit) {
  const auto ready = sources_.find(*visit.state, visit.tenant, visit.named);
  if (!ready && ready.error().code == Code::not_found) return Door::refuse(ready.error());
  if (!ready || !(*ready)->needs_key()) return std::nullopt;
  Visit with_key = visit;
  return ask_for_key(head, with_key);
}

void Intake::handshake(const http::Request& request, const Visit& visit, http::Exchange exchange) {
  const auto& [route, state, nobody, tenant, source] = visit;
  sources_.follow(state);
  const auto ready = sources_.find(*state, tenant, source);
  if (!ready)
    return refuse(ready.error(), tenant, ready.error().code == Code::not_found ? "" : source, request,
                  std::move(exchange));
  exchange.respond(request.method == "OPTIONS" ? answer_options(**ready, request) : answer_get(**ready, request));
}

}  // namespace certes::gateway::ingest
