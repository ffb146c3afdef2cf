#include "api/try_filter.hpp"

#include "api/history_answers.hpp"
#include "api/of_event.hpp"
#include "common/event/filter.hpp"
#include "common/event/json_event.hpp"
#include "common/filter/compile.hpp"
#include "common/filter/limits.hpp"
#include "common/registry/json.hpp"

namespace certes::api {
namespace {

using registry::OrderedJson;

struct Trial {
  filter::ProgramPtr filter;
  std::string event_id;
  std::string event;  // as JSON; empty: that of the id
};

Error within(std::string_view member, const Error& error) {
  return {error.code, error.message, "/" + std::string(member) + error.pointer};
}

Result<Trial> trial_of(std::string_view body) {
  const auto json = registry::parse_json(body);
  if (!json) return fail(json.error());
  Trial trial;
  registry::Fields fields(*json, "");
  const registry::Json* const filter = fields.take("filter");
  const registry::Json* const event = fields.take("event");
  fields.text("event_id", trial.event_id, 128);
  fields.not_yet({"transform"});
  fields.required("filter");
  if (auto error = fields.done()) return fail(std::move(*error));
  if ((event != nullptr) == !trial.event_id.empty())
    return fail(Code::invalid, "give one of \"event\" and \"event_id\"", event != nullptr ? "/event_id" : "/event");
  auto program = filter::compile(filter->dump(-1, ' ', false, registry::Json::error_handler_t::replace));
  if (!program) return fail(within("filter", program.error()));
  trial.filter = std::move(*program);
  if (event != nullptr) trial.event = event->dump(-1, ' ', false, registry::Json::error_handler_t::replace);
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

Result<http::Response> answer_of(const filter::Program& filter, const log::StoredRecord& record) {
  using Says = event::FilterResult::Says;
  const auto view = event::view(record);
  if (!view) return fail(view.error());
  event::JsonDocument document;
  event::FilterEvent event(record, *view, document);
  const event::FilterResult result = event::evaluate(filter, event);
  const bool failed = result.says == Says::failed;
  OrderedJson said = {{"says", failed ? "failed" : result.says == Says::yes ? "yes" : "no"}};
  if (failed) {
    said["why"] = event::to_string(result.failure.why);
    said["failure"] = event::describe(filter, result.failure);
  }
  said["cost"] = result.cost;
  said["cost_max"] = filter::kMaxCost;
  const OrderedJson json = {{"event_id", view->id}, {"filter", std::move(said)}};
  return json_response(200, json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
}

// On one that has come.
class TryingOnPast final : public OfEvent {
 public:
  TryingOnPast(const Call& call, Services& services, Trial&& trial)
      : OfEvent(call, services, trial.event_id), filter_(std::move(trial.filter)) {}

 private:
  Result<Answer> answer(const Found& found, SteadyTime) override {
    auto back = read(found.records.front());
    if (!back) return fail(std::move(back.error()));
    if (back->instead) return std::move(back->instead);
    if (!back->record) return fail(Code::not_found, "the log has let go of the event", "/event_id");
    auto answered = answer_of(*filter_, *back->record);
    if (!answered) return fail(std::move(answered.error()));
    return Answer(std::move(*answered));
  }

  const filter::ProgramPtr filter_;
};

}  // namespace

Result<std::unique_ptr<http::Steps>> try_filter(const Call& call, Services& services) {
  auto trial = trial_of(call.request.body);
  if (!trial) return fail(std::move(trial.error()));
  if (trial->event.empty()) {
    if (!services.history) return at_once(no_history());
    return std::make_unique<TryingOnPast>(call, services, std::move(*trial));
  }
  const auto record = record_of(trial->event, call.tenant, services.new_id("evt_"));
  if (!record) return fail(record.error());
  auto answered = answer_of(*trial->filter, *record);
  if (!answered) return fail(std::move(answered.error()));
  return at_once(std::move(*answered));
}

}  // namespace certes::api
