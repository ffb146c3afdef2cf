#include "api/repair.hpp"

#include <algorithm>

#include "common/event/attributes.hpp"
#include "common/event/coding.hpp"
#include "common/event/json_schema.hpp"
#include "common/event/own_names.hpp"
#include "common/event/record_headers.hpp"
#include "common/event/verified.hpp"
#include "common/json/json_text.hpp"
#include "common/log/names.hpp"
#include "common/registry/json.hpp"
#include "gateway/access/source_names.hpp"

namespace certes::api {
namespace {

using registry::Json;

constexpr std::size_t kMostBreaches = 32;
const std::string kPacked = std::string(log::names::kForward).append(event::kContentEncoding);

// As a gateway looks into it.
Result<std::string> unpacked(const log::Record& record, std::size_t most) {
  const std::string coding = event::content_coding(record.headers, kPacked);
  return coding.empty() ? record.value : event::unpack(coding, record.value, most);
}

std::vector<event::Violation> violations(const log::Record& record, const registry::State& state,
                                         std::string_view tenant, std::size_t most_unpacked) {
  const auto type = state.event_type(tenant, record.headers.get("ce_type"));
  if (!type || type->schema.empty()) return {};
  const auto schema = event::JsonSchema::make(type->schema);
  if (!schema) return {{"", "its schema " + schema.error().message}};
  const auto data = unpacked(record, most_unpacked);
  if (!data) return {{"", data.error().message}};
  event::JsonDocument document;
  if (auto parsed = document.parse(*data); !parsed) return {{"", parsed.error().message}};
  if (!document.exact()) return {{"", "holds a number that neither 64 bits nor a double can hold"}};
  std::vector<event::Violation> found;
  schema::Budget budget;
  if ((*schema)->validate(document.root(), budget, kMostBreaches, found) == schema::Verdict::exhausted)
    found.push_back({"", "takes more than " + std::to_string(schema::Budget::kOfRequest) + " steps to validate"});
  return found;
}

// The new data, if there is some.
Result<std::optional<std::string>> given_data(const Call& call) {
  if (call.request.body.empty()) return std::optional<std::string>();
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  const Json* data = fields.take("data");
  fields.passed_over({"again", "headers"});
  if (auto error = fields.done()) return fail(std::move(*error));
  if (data == nullptr) return std::optional<std::string>();
  // As it was written but for space, and as it was read where its name is not written plainly.
  const std::string_view written = raw_member(call.request.body, "data");
  return std::optional(written.empty() ? data->dump(-1, ' ', false, Json::error_handler_t::replace)
                                       : compact_json(written));
}

// What is the caller's own makes an event of his: it needs what publishing one does. `what`: the member at fault.
Result<void> may_publish(const log::Record& record, const Call& call, const std::string& what) {
  constexpr std::string_view kPublish = "events:write";
  if (!call.caller.allowed(kPublish))
    return fail(Code::forbidden,
                what + " of your own is published: the key \"" + call.caller.key + "\" lacks the scope " +
                    std::string(kPublish),
                "/" + what);
  const std::string_view type = record.headers.get("ce_type");
  if (auto may = event::check_not_own(type, "", {"/" + what, ""}); !may) return may;
  if (!call.caller.allowed("sources:write"))
    if (auto may = may_take_name(call.caller, *call.state, call.tenant, record.headers.get("ce_source"), "/" + what);
        !may)
      return may;
  return may_take_type(call.caller, *call.state, call.tenant, type, "/" + what);
}

// With another content type, and nothing else, the same headers. It is not packed, and nobody has verified it.
void set_json(log::Record& record, std::string&& data) {
  log::Headers headers;
  for (const auto [name, value] : record.headers)
    if (name != "content-type" && name != kPacked && name != event::kVerified) headers.add(name, value);
  headers.add("content-type", "application/json");
  record.headers = std::move(headers);
  record.value = std::move(data);
}

using EditedHeaders = std::vector<std::pair<std::string, std::optional<std::string>>>;  // nothing: taken away

Result<EditedHeaders> given_headers(const Call& call) {
  EditedHeaders edited;
  if (call.request.body.empty()) return edited;
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  const Json* const headers = fields.take("headers");
  fields.passed_over({"again", "data"});
  if (auto error = fields.done()) return fail(std::move(*error));
  if (headers == nullptr) return edited;
  if (!headers->is_object()) return fail(Code::invalid, "must be an object", "/headers");
  for (const auto& [name, value] : headers->items()) {
    const std::string at = "/headers" + registry::pointer_step(name);
    if (!event::valid_header_name(name)) return fail(Code::invalid, "is no name of a header", at);
    if (event::carries_credentials(name)) return fail(Code::invalid, "is never forwarded: it carries credentials", at);
    if (!value.is_string() && !value.is_null()) return fail(Code::invalid, "must be text, or null", at);
    const std::string_view flaw = value.is_string() ? event::header_flaw(value.get_ref<const std::string&>()) : "";
    if (!flaw.empty()) return fail(Code::invalid, std::string(flaw), at);
    edited.emplace_back(registry::lower_case(name),
                        value.is_null() ? std::nullopt : std::optional(value.get<std::string>()));
  }
  return edited;
}

}  // namespace

Result<std::optional<http::Response>> repair(log::Record& record, const Call& call, std::size_t most_unpacked) {
  auto data = given_data(call);
  if (!data) return fail(std::move(data.error()));
  const bool corrected = data->has_value();
  if (corrected) {
    if (auto may = may_publish(record, call, "data"); !may) return fail(std::move(may.error()));
    set_json(record, std::move(**data));
  }
  std::vector<http::Fault> faults;
  for (auto& violation : violations(record, *call.state, call.tenant, most_unpacked))
    faults.push_back({(corrected ? "/data" : "") + violation.pointer, std::move(violation.detail)});
  if (faults.empty()) return std::optional<http::Response>();
  auto response =
      http::problem(422, "schema", "Breaks the schema of its type", faults.front().detail, faults.front().pointer);
  http::add_faults(response, faults);
  return std::optional(std::move(response));
}

Result<std::optional<http::Response>> refuse_data(const Call& call) {
  const auto data = given_data(call);
  if (!data) return fail(data.error());
  if (*data) return fail(Code::conflict, "only the data of what broke its schema can be corrected", "/data");
  return std::optional<http::Response>();
}

// Nobody has verified it then.
Result<void> edit_headers(log::Record& record, const Call& call) {
  const auto edited = given_headers(call);
  if (!edited) return fail(edited.error());
  if (edited->empty()) return {};
  if (auto may = may_publish(record, call, "headers"); !may) return may;
  const auto is_edited = [&](std::string_view name) {
    return std::ranges::any_of(
        *edited, [&](const auto& one) { return std::string(log::names::kForward).append(one.first) == name; });
  };
  log::Headers headers;
  for (const auto [name, value] : record.headers)
    if (!is_edited(name) && name != event::kVerified) headers.add(name, value);
  for (const auto& [name, value] : *edited)
    if (value) headers.add(std::string(log::names::kForward).append(name), *value);
  record.headers = std::move(headers);
  event::RecordHeaders judge;  // together they may be too many
  for (const auto [name, value] : record.headers)
    if (auto fit = judge.take(name, value); !fit) return fail(Code::invalid, fit.error().message, "/headers");
  return {};
}

bool holds(const log::Record& record, const registry::State& state, std::string_view tenant,
           std::size_t most_unpacked) {
  return violations(record, state, tenant, most_unpacked).empty();
}

}  // namespace certes::api
