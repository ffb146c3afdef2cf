#include "api/try_event.hpp"

#include "api/history_answers.hpp"
#include "api/of_event.hpp"
#include "common/event/filter.hpp"
#include "common/event/json_event.hpp"
#include "common/event/payload_view.hpp"
#include "common/filter/compile.hpp"
#include "common/filter/limits.hpp"
#include "common/registry/json.hpp"
#include "common/transform/compile.hpp"
#include "common/transform/transform.hpp"

namespace certes::api {
namespace {

using registry::OrderedJson;

struct Trial {
  filter::ProgramPtr filter;  // null: none is asked about
  transform::ProgramPtr transform;
  std::string event_id;
  std::string event;  // as JSON; empty: that of the id
};

Error within(std::string_view member, const Error& error) {
  return {error.code, error.message, "/" + std::string(member) + error.pointer};
}

std::string text_of(const registry::Json& json) {
  return json.dump(-1, ' ', false, registry::Json::error_handler_t::replace);
}

// Into `program`, if there is one.
template <class Program>
Result<void> compile_member(const registry::Json* json, std::string_view name,
                            Result<Program> (*compile)(std::string_view), Program& program) {
  if (json == nullptr) return {};
  auto compiled = compile(text_of(*json));
  if (!compiled) return fail(within(name, compiled.error()));
  program = std::move(*compiled);
  return {};
}

Result<Trial> trial_of(std::string_view body) {
  const auto json = registry::parse_json(body);
  if (!json) return fail(json.error());
  Trial trial;
  registry::Fields fields(*json, "");
  const registry::Json* const filter = fields.take("filter");
  const registry::Json* const transform = fields.take("transform");
  const registry::Json* const event = fields.take("event");
  fields.text("event_id", trial.event_id, 128);
  if (transform == nullptr) fields.required("filter");
  if (auto error = fields.done()) return fail(std::move(*error));
  if ((event != nullptr) == !trial.event_id.empty())
    return fail(Code::invalid, "give one of \"event\" and \"event_id\"", event != nullptr ? "/event_id" : "/event");
  if (auto done = compile_member(filter, "filter", filter::compile, trial.filter); !done) return fail(done.error());
  if (auto done = compile_member(transform, "transform", transform::compile, trial.transform); !done)
    return fail(done.error());
  if (event != nullptr) trial.event = text_of(*event);
  return trial;
}

// As it would stand on the log.
Result<log::StoredRecord> record_of(std::string_view json, const std::string& tenant, std::string id) {
  event::JsonDocument document;
  event::Incoming incoming;
  if (auto read = event::read_plain_json(document, json, 1, incoming); !read)
    return fail(within("event", read.error()));
  if (incoming.batch) return fail(Code::invalid, "must be one event", "/event");
  event::Event& event = incoming.events.front();
  event.tenant = tenant;
  event.id = std::move(id);
  event.client_gave_id = !event.client_id.empty();
  if (!event.client_gave_id) event.client_id = event.id;
  if (event.source.empty()) event.source = "urn:certes:" + tenant;
  if (event.conversation_id.empty()) event.conversation_id = event.id;
  log::Record made = event::to_record(std::move(event));
  log::StoredRecord record;
  record.headers = std::move(made.headers);
  record.value = std::move(made.value);
  return record;
}

OrderedJson said_by(const filter::Program& filter, const transform::Source& source) {
  using Says = event::FilterResult::Says;
  event::FilterEvent event(source.record, source.view, source.document);
  const event::FilterResult result = event::evaluate(filter, event);
  const bool failed = result.says == Says::failed;
  OrderedJson said = {{"says", failed ? "failed" : result.says == Says::yes ? "yes" : "no"}};
  if (failed) {
    said["why"] = event::to_string(result.failure.why);
    said["failure"] = event::describe(filter, result.failure);
  }
  said["cost"] = result.cost;
  said["cost_max"] = filter::kMaxCost;
  return said;
}

// A JSON object. The payload stands in it byte for byte.
std::string made_by(const transform::Program& transform, const transform::Source& source,
                    const transform::Limits& limits) {
  const auto made = transform::transform(transform, source, limits);
  if (!made) {
    const OrderedJson failed = {
        {"outcome", "failed"}, {"why", to_string(made.error().why)}, {"failure", made.error().text}};
    return failed.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  }
  OrderedJson shown = {{"outcome", made->body ? "made" : "kept"}};
  const std::string_view type = made->content_type.empty() ? source.view.content_type : made->content_type;
  if (!type.empty()) shown["content_type"] = type;
  shown["headers"] = OrderedJson::object();
  for (const auto& [name, value] : made->headers) shown["headers"][name] = value ? OrderedJson(*value) : OrderedJson();
  std::string text = shown.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  event::add_payload(text, made->body ? *made->body : source.record.value);
  return text;
}

Result<http::Response> answer_of(const Trial& trial, const log::StoredRecord& record, const Services& services) {
  const auto view = event::view(record);
  if (!view) return fail(view.error());
  event::JsonDocument document;
  const transform::Source source{record, *view, document};
  OrderedJson json = {{"event_id", view->id}};
  if (trial.filter) json["filter"] = said_by(*trial.filter, source);
  std::string text = json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  if (trial.transform) {
    const transform::Limits limits{services.deps.settings.transform.max_output_bytes};
    text.back() = ',';
    text.append("\"transform\":").append(made_by(*trial.transform, source, limits)).push_back('}');
  }
  return json_response(200, std::move(text));
}

// On one that has come.
class TryingOnPast final : public OfEvent {
 public:
  TryingOnPast(const Call& call, Services& services, Trial&& trial)
      : OfEvent(call, services, trial.event_id), trial_(std::move(trial)) {}

 private:
  Result<Answer> answer(const Found& found, SteadyTime) override {
    auto back = read(found.records.front());
    if (!back) return fail(std::move(back.error()));
    if (back->instead) return std::move(back->instead);
    if (!back->record) return fail(Code::not_found, "the log has let go of the event", "/event_id");
    auto answered = answer_of(trial_, *back->record, services_);
    if (!answered) return fail(std::move(answered.error()));
    return Answer(std::move(*answered));
  }

  const Trial trial_;
};

}  // namespace

Result<std::unique_ptr<http::Steps>> try_event(const Call& call, Services& services) {
  auto trial = trial_of(call.request.body);
  if (!trial) return fail(std::move(trial.error()));
  if (trial->event.empty()) {
    if (!services.history) return at_once(no_history());
    return std::make_unique<TryingOnPast>(call, services, std::move(*trial));
  }
  const auto record = record_of(trial->event, call.tenant, services.new_id("evt_"));
  if (!record) return fail(record.error());
  auto answered = answer_of(*trial, *record, services);
  if (!answered) return fail(std::move(answered.error()));
  return at_once(std::move(*answered));
}

}  // namespace certes::api
