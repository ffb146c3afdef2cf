#include "api/dead_letter_replay.hpp"

#include "api/jobs/letter_discard.hpp"
#include "api/letter_index.hpp"
#include "api/repair.hpp"
#include "api/replay_steps.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "common/registry/json.hpp"

namespace certes::api {
namespace {

using registry::Json;

Result<bool> asks_again(const Call& call) {
  bool again = false;
  if (call.request.body.empty()) return again;
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  fields.boolean("again", again);
  fields.passed_over({"data", "headers"});
  if (auto error = fields.done()) return fail(std::move(*error));
  return again;
}

// Where no index says what became of it, it is nobody's to say.
Result<void> check_not_discarded(const Call& call, Services& services, const log::StoredRecord& letter, bool again) {
  if (again || !services.history) return {};
  const auto known = indexed_letter(services, call.tenant, history::Place{letter.partition, letter.offset});
  if (!known) return fail(known.error());
  if (!*known || (*known)->state() != history::LetterState::discarded) return {};
  return fail(Code::conflict, R"(this dead letter is discarded: {"again":true} sends it all the same)");
}

}  // namespace

std::size_t most_unpacked(const Services& services) { return services.deps.settings.gateway.max_body_bytes; }

ScanBudget scan_budget(const Services& services) {
  const config::ApiSettings& api = services.deps.settings.api;
  return {api.scan_bytes, api.scan_time};
}

Result<http::Response> replay_one(const Call& call, Services& services, const log::StoredRecord& letter) {
  const auto again = asks_again(call);
  if (!again) return fail(again.error());
  if (auto may = check_not_discarded(call, services, letter, *again); !may) return fail(std::move(may.error()));
  if (event::is_hollow(letter))
    return fail(Code::conflict, "this dead letter has lost its payload: there is nothing to send");
  auto record = replay_of(letter, *again ? services.new_id("") : std::string());
  if (!record) return fail(Code::conflict, "this dead letter was for no endpoint: there is none to send it to");
  auto refused = is_quarantined(letter) ? repair(*record, call, most_unpacked(services)) : refuse_data(call);
  if (!refused) return fail(std::move(refused.error()));
  if (*refused) return std::move(**refused);
  if (auto edited = edit_headers(*record, call); !edited) return fail(std::move(edited.error()));
  const std::string id(record->headers.get(log::names::kReplay));
  ReplaySteps steps(services, call.tenant);
  steps.add(letter.partition, std::move(*record));
  const auto appended = steps.finish();
  if (!appended) return fail(appended.error());
  Json answer = {{"id", id}, {"status", "accepted"}, {"count", appended->stored}};
  if (appended->repeated > 0) answer["duplicate"] = true;
  return json_response(202, answer.dump());
}

Result<http::Response> discard_one(const Call& call, Services& services, const log::StoredRecord& letter) {
  if (auto done = jobs::discard({{letter.partition, {letter.offset}}}, services, call.tenant); !done)
    return fail(std::move(done.error()));
  http::Response response;
  response.status = 204;
  return response;
}

}  // namespace certes::api
