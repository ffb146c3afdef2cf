#include "gateway/stream/stream_intake.hpp"

#include "common/event/attributes.hpp"
#include "common/event/event.hpp"
#include "common/log/names.hpp"
#include "gateway/access/answers.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr const char* kLines = "certes_gateway_log_lines_total";
constexpr const char* kLinesAre = "Log lines posted while somebody watched, by whether they could be shown";

}  // namespace

StreamIntake::StreamIntake(http::Loop& loop, const Dependencies& dependencies, const Clients& clients,
                           stream::Tail& tail, stream::Crowd& crowd, stream::Lines& lines)
    : dependencies_(dependencies),
      clients_(clients),
      lines_(lines),
      ids_(dependencies.clock),
      watchers_(loop, tail, crowd),
      carried_(dependencies.metrics.counter(kLines, kLinesAre, {{"outcome", "carried"}})),
      let_go_(dependencies.metrics.counter(kLines, kLinesAre, {{"outcome", "let_go"}})) {}

void StreamIntake::show(const http::Request& request, const Visit& visit, http::Exchange exchange) {
  auto wanted = stream::make_interest(visit.tenant, http::query_parameter(request.query, "kind").value_or(""),
                                      http::query_parameter(request.query, "pattern").value_or(""),
                                      http::query_parameter(request.query, "headers").value_or(""));
  if (!wanted) return exchange.respond(answer(wanted.error()));
  auto from = resume_from(request);
  if (!from) return exchange.respond(answer(from.error()));
  watchers_.begin(std::move(exchange), visit.caller->tenant, std::move(*wanted), std::move(*from),
                  still_allowed(request, visit));
}

Result<stream::Positions> StreamIntake::resume_from(const http::Request& request) const {
  const std::string_view id = request.header("last-event-id");
  if (id.empty()) return stream::Positions();
  auto positions = stream::parse_id(id, static_cast<std::size_t>(dependencies_.log.partitions()));
  if (positions) return std::move(*positions);
  return fail(Code::invalid, "Last-Event-ID is none that this stream gives", "last-event-id");
}

// The same key of the same client, asked again while the stream goes on: it may expire, be deleted, or lose the scope.
std::function<bool()> StreamIntake::still_allowed(const http::Request& request, const Visit& visit) const {
  return [this, authorization = std::string(request.header("authorization")),
          peer = std::string(clients_.address_of(request)), key = visit.caller->key, of = visit.caller->tenant,
          tenant = std::string(visit.tenant), scope = visit.route.scope] {
    http::Request again;
    again.peer = peer;
    if (!authorization.empty()) again.headers.push_back({"Authorization", authorization});
    const auto state = dependencies_.registry.state();
    const auto now = authenticate(again, *state, clients_, dependencies_.clock);
    return now && now->key == key && now->tenant == of && now->allowed(scope) &&
           may_act_for(*now, tenant, false, *state);
  };
}

void StreamIntake::take_line(const http::Request& request, const Visit& visit, http::Exchange exchange) {
  const std::string_view key = visit.named;
  if (!event::valid_type(key))
    return exchange.respond(
        answer({Code::invalid, "a log's key is words of letters, digits and _/:- joined by '.'", "key"}));
  const std::string_view content_type = request.header("content-type");
  if (const auto wrong = event::header_flaw(content_type); !wrong.empty())
    return exchange.respond(answer({Code::invalid, std::string("Content-Type ").append(wrong), "content-type"}));
  if (lines_.wanted()) (lines_.post(line_of(request, key, visit.caller->tenant)) ? carried_ : let_go_).add();
  http::Response response;
  response.status = 202;
  exchange.respond(std::move(response));
}

log::Record StreamIntake::line_of(const http::Request& request, std::string_view key, const std::string& tenant) {
  log::Record line;
  const std::string_view content_type = request.header("content-type");
  line.headers.add("ce_specversion", "1.0");
  line.headers.add("ce_id", ids_.next("log_"));
  line.headers.add("ce_source", "urn:certes:" + tenant + "/logs");
  line.headers.add("ce_type", key);
  line.headers.add("ce_time", format_rfc3339(dependencies_.clock.unix_millis()));
  line.headers.add("content-type", content_type.empty() ? "text/plain" : content_type);
  line.headers.add(log::names::kTenant, tenant);
  line.value = request.body;
  return line;
}

}  // namespace certes::gateway::ingest
