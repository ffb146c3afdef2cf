#include <algorithm>

#include "common/event/event.hpp"
#include "common/event/own_names.hpp"
#include "common/filter/compile.hpp"
#include "common/json/json.hpp"
#include "common/registry/codec.hpp"
#include "common/registry/transforming.hpp"

namespace certes::registry {
namespace {

constexpr double kLongestSeconds = 366.0 * 86'400;
constexpr double kLongestReprocess = 30.0 * 86'400;
constexpr std::size_t kMostTenants = 1'000;
constexpr std::string_view kStrategies[] = {"exponential", "linear", "constant", "schedule"};
constexpr std::string_view kJitters[] = {"full", "equal", "none"};

void check_schedule(Fields& fields, const BackoffPolicy& policy) {
  const bool by_schedule = policy.strategy == BackoffPolicy::Strategy::schedule;
  if (by_schedule && policy.schedule_seconds.empty()) {
    return fields.refuse("schedule_seconds", "the strategy \"schedule\" needs \"schedule_seconds\"");
  }
  if (!by_schedule && !policy.schedule_seconds.empty()) {
    fields.refuse("schedule_seconds", "belongs to the strategy \"schedule\" alone");
  }
}

void read_reprocess(Fields& outer, std::optional<Reprocess>& reprocess) {
  const Json* const json = outer.take("reprocess");
  if (json == nullptr || json->is_null()) return;
  reprocess.emplace();
  Fields fields = outer.inside(*json, "reprocess");
  fields.required("every_seconds");
  fields.number("every_seconds", reprocess->every_seconds, 1, kLongestReprocess);
  fields.required("max_attempts");
  fields.integer<std::uint32_t>("max_attempts", reprocess->max_attempts, 1, 1'000);
  if (auto error = fields.done()) outer.refuse(std::move(*error));
}

// The only pattern of one word that has commands is "#".
bool may_name_commands(std::string_view pattern) { return pattern == "#" || pattern.find('.') != std::string::npos; }

// "*", or some tenants' ids.
void read_tenants(Fields& fields, Subscription& subscription) {
  const Json* const json = fields.take("tenants");
  if (json == nullptr) return;
  if (*json == kAllTenants) return subscription.tenants.assign(1, std::string(kAllTenants));
  if (!json->is_array() || json->empty())
    return fields.refuse("tenants", R"(must be "*", for all, or an array of tenants' ids)");
  fields.texts("tenants", subscription.tenants, kMostTenants, 128);
  for (std::size_t i = 0; fields.ok() && i < subscription.tenants.size(); ++i)
    if (!valid_id(subscription.tenants[i]))
      fields.refuse(Error(Code::invalid, "is no id of a tenant", fields.at("tenants") + "/" + std::to_string(i)));
}

// Whose events it may take is a matter of those that are about Certes alone.
void check_tenants(Fields& fields, const Subscription& subscription) {
  if (!fields.ok() || subscription.tenants.empty()) return;
  if (subscription.kind != EventKind::event || !event::is_own_type(subscription.pattern))
    fields.refuse("tenants", "is for events about Certes alone: the first word of the pattern must be certes");
}

void read_filter(Fields& fields, Subscription& subscription) {
  const Json* const json = fields.take("filter");
  if (json == nullptr || json->is_null()) return;
  std::string text = json->dump(-1, ' ', false, Json::error_handler_t::replace);
  auto program = filter::compile(text);
  if (!program)
    return fields.refuse(
        Error(program.error().code, program.error().message, fields.at("filter") + program.error().pointer));
  subscription.filter = std::move(*program);
  subscription.filter_json = std::move(text);
}

// A command goes to the one that is bound to it, whatever is in it.
void check_filter(Fields& fields, const Subscription& subscription) {
  if (fields.ok() && subscription.filter && subscription.kind == EventKind::command)
    fields.refuse("filter", "is for events and results: a command has one that it goes to");
}

}  // namespace

void read(Fields& fields, Subscription& subscription, Form form) {
  fields.choice("kind", subscription.kind,
                {to_string(EventKind::event), to_string(EventKind::command), to_string(EventKind::result)});
  fields.required("endpoint");
  fields.text("endpoint", subscription.endpoint, 128);
  fields.required("pattern");
  fields.text("pattern", subscription.pattern);
  if (fields.ok() && !event::valid_pattern(subscription.pattern)) {
    fields.refuse("pattern", "must be words of A-Z a-z 0-9 _ / : - joined by '.', or words that are just * or #");
  }
  if (fields.ok() && subscription.kind == EventKind::command && !may_name_commands(subscription.pattern)) {
    fields.refuse("pattern", "a command is named by two words or more: Service.VerbObject");
  }
  fields.choice("priority", subscription.priority,
                {to_string(Priority::critical), to_string(Priority::high), to_string(Priority::normal),
                 to_string(Priority::low), to_string(Priority::bulk)});
  fields.text("backoff_policy", subscription.backoff_policy, 128);
  read_tenants(fields, subscription);
  read_filter(fields, subscription);
  read_transform(fields, subscription.transform, subscription.transform_json);
  fields.choice(
      "on_filter_error", subscription.on_filter_error,
      {to_string(OnFilterError::skip), to_string(OnFilterError::deliver), to_string(OnFilterError::dead_letter)});
  if (form == Form::declared) check_filter(fields, subscription);
  if (form == Form::declared) check_tenants(fields, subscription);
}

void write(OrderedJson& out, const Subscription& subscription, bool) {
  out["endpoint"] = subscription.endpoint;
  out["kind"] = to_string(subscription.kind);
  out["pattern"] = subscription.pattern;
  out["priority"] = to_string(subscription.priority);
  if (!subscription.backoff_policy.empty()) out["backoff_policy"] = subscription.backoff_policy;
  if (subscription.filter) out["filter"] = json_or_null<OrderedJson>(subscription.filter_json);
  if (subscription.filter || subscription.on_filter_error != OnFilterError::skip)
    out["on_filter_error"] = to_string(subscription.on_filter_error);
  if (subscription.transform) out["transform"] = json_or_null<OrderedJson>(subscription.transform_json);
  if (subscription.tenants.empty()) return;
  const bool all = subscription.tenants.front() == kAllTenants;
  out["tenants"] = all ? OrderedJson(kAllTenants) : OrderedJson(subscription.tenants);
}

void read(Fields& fields, BackoffPolicy& policy, Form) {
  read_reprocess(fields, policy.reprocess);
  fields.choice("strategy", policy.strategy, {kStrategies[0], kStrategies[1], kStrategies[2], kStrategies[3]});
  fields.number("base_seconds", policy.base_seconds, 0.001, kLongestSeconds);
  fields.number("factor", policy.factor, 1, 100);
  fields.number("cap_seconds", policy.cap_seconds, 0.001, kLongestSeconds);
  fields.numbers("schedule_seconds", policy.schedule_seconds, 100, 0, kLongestSeconds);
  fields.choice("jitter", policy.jitter, {kJitters[0], kJitters[1], kJitters[2]});
  fields.integer<std::uint32_t>("max_attempts", policy.max_attempts, 0, 1'000'000);
  fields.number("max_seconds", policy.max_seconds, 0, 10 * kLongestSeconds);
  if (fields.ok()) check_schedule(fields, policy);
}

void write(OrderedJson& out, const BackoffPolicy& policy, bool) {
  out["strategy"] = kStrategies[static_cast<std::size_t>(policy.strategy)];
  if (policy.strategy == BackoffPolicy::Strategy::schedule) {
    out["schedule_seconds"] = policy.schedule_seconds;
  } else {
    out["base_seconds"] = policy.base_seconds;
    out["factor"] = policy.factor;
    out["cap_seconds"] = policy.cap_seconds;
  }
  out["jitter"] = kJitters[static_cast<std::size_t>(policy.jitter)];
  out["max_attempts"] = policy.max_attempts;
  out["max_seconds"] = policy.max_seconds;
  if (policy.reprocess)
    out["reprocess"] = {{"every_seconds", policy.reprocess->every_seconds},
                        {"max_attempts", policy.reprocess->max_attempts}};
}

void read(Fields& fields, Installation& installation, Form) {
  fields.required("check");
  fields.text("check", installation.check);
}
void write(OrderedJson& out, const Installation& installation, bool) { out["check"] = installation.check; }

}  // namespace certes::registry
