#include "gateway/commands/command_intake.hpp"

#include <algorithm>

#include "common/event/attributes.hpp"
#include "common/event/command.hpp"
#include "common/event/json_command.hpp"
#include "common/event/trace.hpp"
#include "common/log/names.hpp"
#include "gateway/access/answers.hpp"
#include "gateway/commands/command_json.hpp"
#include "gateway/ingest/judge.hpp"
#include "gateway/webhook/verify/effort.hpp"

namespace certes::gateway::commands {
namespace {

http::Response json(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

// The reason label of a refusal.
std::string_view reason(Code code) {
  switch (code) {
    case Code::invalid: return "invalid";
    case Code::unauthenticated: return "unauthenticated";
    case Code::forbidden: return "forbidden";
    case Code::not_found: return "unknown_command";
    case Code::conflict: return "conflict";
    case Code::busy:
    case Code::unavailable: return "not_accepted";
    default: return "internal";
  }
}

// An Exchange in what std::function can hold.
std::shared_ptr<http::Exchange> shared(http::Exchange&& exchange) {
  return std::make_shared<http::Exchange>(std::move(exchange));
}

Result<event::CommandResult> posted_result(const http::Request& request) {
  event::CommandResult result;
  const std::string status = http::query_parameter(request.query, "status").value_or(std::string(event::kSucceeded));
  if (status != event::kSucceeded && status != event::kFailed)
    return fail(Code::invalid, "status must be succeeded or failed", "status");
  result.succeeded = status == event::kSucceeded;
  result.content_type = request.header("content-type");
  if (const auto wrong = event::header_flaw(result.content_type); !wrong.empty())
    return fail(Code::invalid, std::string("Content-Type ").append(wrong), "content-type");
  result.data = request.body;
  return result;
}

Result<event::Event> read(event::JsonDocument& document, std::string_view body) {
  event::Event command;
  if (auto done = event::read_command_json(document, body, command); !done) return fail(std::move(done.error()));
  return command;
}

}  // namespace

CommandIntake::CommandIntake(http::Loop& loop, const Dependencies& dependencies, ingest::Intake& intake,
                             Searcher& searcher, ingest::IngestMetrics& metrics)
    : loop_(loop),
      dependencies_(dependencies),
      intake_(intake),
      acceptor_(intake.acceptor()),
      searcher_(searcher),
      metrics_(metrics),
      ids_(dependencies.clock) {}

void CommandIntake::refuse(std::string_view tenant, const Error& error, http::Exchange exchange) {
  metrics_.rejected(tenant, "", reason(error.code));
  exchange.respond(ingest::answer(error));
}

// The log could not be read in time, or at all: nothing was asked of it that could be half done.
void CommandIntake::not_found_out(const Error& error, http::Exchange exchange) {
  if (error.code == Code::busy) return refuse("", error, std::move(exchange));
  if (error.code != Code::timeout && error.code != Code::unavailable) return exchange.respond(ingest::answer(error));
  auto response = http::problem(503, "search-incomplete", "Not looked up", error.message);
  response.headers.emplace_back("Retry-After", "1");
  exchange.respond(std::move(response));
}

void CommandIntake::accept(const http::Request& request, const Visit& visit, http::Exchange exchange) {
  const Caller* known = visit.caller;
  const std::string_view name = visit.named;
  if (!event::is_json(request.header("content-type"))) {
    metrics_.rejected(known->tenant, "", "unsupported_media_type");
    return exchange.respond(ingest::unsupported_media_type(
        {Code::invalid, "a command is JSON: send Content-Type: application/json", "content-type"}));
  }
  const auto hops = intake_.gate().hops(request, known->tenant, "", exchange);
  if (!hops) return;
  if (auto named = check_name(visit.state, known->tenant, name); !named)
    return refuse(known->tenant, named.error(), std::move(exchange));
  if (ingest::verify::to_parse(request.body, ingest::Judge::kLongest) > ingest::Judge::kLongest)
    return hand_over(request, visit, *hops, std::move(exchange));
  settle({request, *known, name, *hops, read(document_, request.body)}, std::move(exchange));
}

// What would take a loop long to read is read elsewhere.
void CommandIntake::hand_over(const http::Request& request, const Visit& visit, std::uint32_t hops,
                              http::Exchange exchange) {
  struct Held {
    Held(const http::Request& of, const Visit& from, http::Exchange&& answer)
        : request(of), caller(*from.caller), name(from.named), exchange(std::move(answer)) {}
    const ingest::OwnedRequest request;
    const Caller caller;
    const std::string name;
    http::Exchange exchange;
    Result<event::Event> command;
  };
  const auto held = std::make_shared<Held>(request, visit, std::move(exchange));
  ingest::HeavyWork::Job job;
  job.work = [held](ingest::Workplace& place) { held->command = read(place.document, held->request.view().body); };
  job.then = [this, held, hops](bool done) {
    if (!done) return refuse(held->caller.tenant, ingest::HeavyWork::full(), std::move(held->exchange));
    settle({held->request.view(), held->caller, held->name, hops, std::move(held->command)}, std::move(held->exchange));
  };
  intake_.heavy().offer(loop_, held->caller.tenant, held->request.bytes(), std::move(job));
}

void CommandIntake::settle(Sent&& sent, http::Exchange exchange) {
  if (sent.command)
    if (auto completed = complete(sent, *sent.command); !completed) sent.command = fail(std::move(completed.error()));
  if (!sent.command) return refuse(sent.caller.tenant, sent.command.error(), std::move(exchange));
  std::vector<event::Event> events;
  events.push_back(std::move(*sent.command));
  ingest::IdempotencyIndex::Claim claim;
  auto again = intake_.repeated(sent.request, sent.caller, {sent.caller.tenant, sent.name}, events, claim);
  if (!again) return refuse(sent.caller.tenant, again.error(), std::move(exchange));
  if (*again) return exchange.respond(std::move(**again));
  ingest::Acceptor::Aim aim{choose_place(events.front()), registry::EventKind::command, nullptr};
  intake_.waits().accept(acceptor_, sent.request,
                         {std::move(events), false, nullptr, {}, std::move(aim), std::move(claim)},
                         std::move(exchange));
}

// What Certes adds itself.
Result<void> CommandIntake::complete(const Sent& sent, event::Event& command) {
  if (!command.reply_to.empty())
    if (auto fit = http::check_url(command.reply_to, dependencies_.addresses); !fit) {
      fit.error().pointer = "/reply_to";
      return fail(std::move(fit.error()));
    }
  command.kind = "command";
  command.type = sent.name;
  command.tenant = sent.caller.tenant;
  command.source = event::command_source(sent.caller.tenant);
  command.time = format_rfc3339(dependencies_.clock.unix_millis());
  command.hops = sent.hops;
  event::take_trace(command, sent.request.headers);
  return {};
}

// Whether it is a command's name, and somebody takes it.
Result<void> CommandIntake::check_name(const registry::StatePtr& state, const std::string& tenant,
                                       std::string_view name) {
  if (const auto wrong = event::command_flaw(name); !wrong.empty())
    return fail(Code::invalid, std::string("the command's name ").append(wrong), "command");
  const auto binding = bindings_.find(state, tenant, name);
  if (!binding) return fail(Code::not_found, std::string("no subscription of kind command takes ").append(name));
  const auto endpoint = state->endpoint(tenant, binding->endpoint);
  if (endpoint && endpoint->state != registry::EndpointState::disabled) return {};
  return fail(Code::not_found, "the endpoint " + binding->endpoint + ", which takes it, is disabled");
}

// A command stands where its id says, so that it is found again; one whose id the client gave stands where that says,
// so that a repeat meets the first. Hence ids are made until one says the same.
std::int32_t CommandIntake::choose_place(event::Event& command) {
  const std::int32_t partitions = dependencies_.log.partitions();
  command.id = ids_.next("evt_");
  std::int32_t place = event::command_partition(command.id, partitions);
  if (command.client_gave_id) {
    const std::int32_t wanted = event::command_partition(command.client_id, partitions);
    for (; place != wanted; place = event::command_partition(command.id, partitions)) command.id = ids_.next("evt_");
  } else {
    command.client_id = command.id;
  }
  if (command.conversation_id.empty()) command.conversation_id = command.id;
  return place;
}

void CommandIntake::show(const http::Request&, const Visit& visit, http::Exchange exchange) {
  const auto held = shared(std::move(exchange));
  searcher_.search(loop_, visit.caller->tenant, std::string(visit.named), [this, held](Result<FoundCommand> found) {
    if (!found) return not_found_out(found.error(), std::move(*held));
    held->respond(json(200, command_json(*found)));
  });
}

void CommandIntake::take_result(const http::Request& request, const Visit& visit, http::Exchange exchange) {
  const std::string_view id = visit.named;
  const auto hops = intake_.gate().hops(request, visit.caller->tenant, "", exchange);
  if (!hops) return;
  auto posted = posted_result(request);
  if (!posted) return refuse(visit.caller->tenant, posted.error(), std::move(exchange));
  const auto held = shared(std::move(exchange));
  const auto result = std::make_shared<event::CommandResult>(std::move(*posted));
  auto on_found = [this, held, result, hops = *hops, id = std::string(id)](Result<FoundCommand> found) {
    if (!found) return not_found_out(found.error(), std::move(*held));
    if (found->result) return result_found(*found->result, std::move(*held));
    const ingest::Acceptor::Aim aim{found->command->partition, registry::EventKind::result, nullptr};
    std::vector<event::Event> events;
    events.push_back(event::result_event(*found->command, id, std::move(*result), ids_.next("evt_"),
                                         dependencies_.clock.unix_millis()));
    events.front().hops = std::max(events.front().hops, hops);
    acceptor_.accept(std::move(events), false, nullptr, "", std::move(*held), aim);
  };
  searcher_.search(loop_, visit.caller->tenant, std::string(id), std::move(on_found));
}

// A repeat of what the service has said is no error; words after Certes has given up are.
void CommandIntake::result_found(const log::StoredRecord& result, http::Exchange exchange) {
  if (!result.headers.find(log::names::kRule))
    return exchange.respond(ingest::accepted({}, result.headers.get(log::names::kId), true));
  refuse(result.headers.get(log::names::kTenant),
         {Code::conflict, "the command has failed before: " + std::string(result.headers.get(log::names::kError))},
         std::move(exchange));
}

void CommandIntake::show_secret(const http::Request&, const Visit& visit, http::Exchange exchange) {
  const auto secrets = dependencies_.sealer.derived_secrets("reply_to/" + visit.caller->tenant);
  exchange.respond(json(200, R"({"secret":")" + secrets.front() + "\"}"));
}

}  // namespace certes::gateway::commands
