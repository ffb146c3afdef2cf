#include "certes/commands/explain_text.hpp"

#include <algorithm>
#include <iterator>

#include "certes/commands/cell_text.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/time_text.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;
using Sentence = std::pair<std::string_view, std::string_view>;

constexpr Sentence kDecisions[] = {{"no_endpoint", "there is no such endpoint"},
                                   {"not_named", "it is a replay to other endpoints"},
                                   {"no_subscription", "nothing is subscribed to for the endpoint"},
                                   {"not_taken", "none of the endpoint's subscriptions takes it"},
                                   {"filtered", "the filters of the subscriptions that match it do not take it"},
                                   {"disabled_then", "it came while an operator had disabled the endpoint"},
                                   {"disabled", "the endpoint was disabled: it becomes a dead letter"},
                                   {"purged", "the endpoint was purged of such as this"},
                                   {"filter_failed", "its subscription's filter fails: it becomes a dead letter"},
                                   {"deliver", "the endpoint gets it"}};

constexpr Sentence kStates[] = {
    {"none", "it has no delivery"},
    {"unrouted", "the dispatcher has not come to it yet"},
    {"unknown", "no dispatcher has answered for its partition, and nothing is recorded of it"}};

constexpr Sentence kWaits[] = {
    {"sending", "its request is out"},
    {"recording", "its outcome is being recorded"},
    {"dead_letter", "its end is being recorded"},
    {"result", "the result of a command"},
    {"end", "it will not be sent: its endpoint is disabled, purged, or no more"},
    {"pause", "its endpoint is paused"},
    {"disabling", "its endpoint is about to be disabled"},
    {"backoff", "its next attempt, by its back-off policy"},
    {"order", "what stands before it in its key"},
    {"breaker", "its endpoint does nothing but fail: the next probe"},
    {"rest", "nothing could be sent there, through no fault of its own"},
    {"partition", "its partition is changing hands"},
    {"slot", "a place: as many requests are out as its endpoint takes at once"},
    {"slow_start", "a place: its endpoint's answers allow few requests at the moment"},
    {"endpoint_share", "a place: no endpoint has more than a quarter of the dispatcher's"},
    {"urgent_slots", "a place: what is free is kept for critical and high ones"},
    {"rate", "its endpoint's rate"},
    {"dispatcher_slots", "a place: as many requests are out as the dispatcher makes at once"},
    {"unanswered_share", "a place: few are left, and its endpoint has not answered for a while"},
    {"tenant_share", "a place: its tenant has its share of them"},
    {"retry_share", "retries have their share of the sends"},
    {"loading", "what stands before it"},
    {"turn", "its turn"}};

// A word of a later release is said as it is.
template <std::size_t n>
std::string sentence(const Sentence (&sentences)[n], const std::string& word) {
  const auto* const found = std::ranges::find(sentences, word, &Sentence::first);
  return found == std::end(sentences) ? word : std::string(found->second);
}

const Json& at(const Json& json, const char* name) {
  static const Json kNothing;
  const auto found = json.find(name);
  return found == json.end() ? kNothing : *found;
}

std::string word(const Json& json, const char* name) { return cell_text(at(json, name)); }

std::string newer_text(const Json& json) {
  const Json& newer = at(json, "newer_than_event");
  return newer.is_string() ? cell_text(newer) + " after the event" : std::string();
}

std::string before_text(const Json& waiting) {
  const Json& before = at(waiting, "before");
  const std::string more = at(before, "more") == true ? "or more " : "";
  std::string text = word(before, "same_class") + " " + more + "of its class, " + word(before, "higher_classes") +
                     " of higher classes";
  const Json& first = at(waiting, "first_of_key");
  if (first.is_object()) text += "; first of its key: offset " + word(first, "offset");
  return text;
}

std::string waits_text(const Json& waiting, UnixMillis now) {
  std::string text = sentence(kWaits, word(waiting, "waits_for"));
  if (at(waiting, "until").is_string()) text += ", until " + time_text(at(waiting, "until"), now);
  return text;
}

void add_delivery(std::vector<Member>& members, const Json& delivery, UnixMillis now) {
  const std::string title = at(delivery, "replay").is_string() ? "replay" : "delivery";
  std::string said = at(delivery, "replay").is_string() ? word(delivery, "replay") + ": " : "";
  said += sentence(kStates, word(delivery, "state"));
  if (at(delivery, "attempts") != 0) said += ", " + word(delivery, "attempts") + " attempts";
  std::string last;  // an error that is but the status says nothing besides
  for (const char* const name : {"status", "rule", "error"})
    if (const Json& value = at(delivery, name); !value.is_null() && cell_text(value) != last)
      said += ", " + (last = cell_text(value));
  members.emplace_back(title, said);
  const Json& waiting = at(delivery, "waiting");
  if (!waiting.is_object()) return;
  members.emplace_back("waits for", waits_text(waiting, now));
  members.emplace_back("before it", before_text(waiting));
  members.emplace_back("priority", word(waiting, "priority") + ", in " + word(waiting, "in"));
}

std::string decision_text(const Json& configuration) {
  std::string text = sentence(kDecisions, word(configuration, "decision"));
  if (at(configuration, "subscription").is_string()) text += "; by " + word(configuration, "subscription");
  return text;
}

std::string policy_text(const Json& configuration) {
  const Json& policy = at(configuration, "backoff_policy");
  const std::string from = word(policy, "from");
  return at(policy, "id").is_string() ? word(policy, "id") + " (" + from + ")" : from;
}

std::string endpoint_text(const Json& explained, const Json& configuration) {
  std::string text = word(explained, "endpoint");
  const Json& endpoint = at(configuration, "endpoint");
  if (!endpoint.is_object()) return text;
  text += ", " + word(endpoint, "state");
  if (const std::string newer = newer_text(endpoint); !newer.empty()) text += ", " + newer;
  return text;
}

std::string subscription_table(const Json& configuration) {
  std::vector<Row> rows;
  std::string failures;
  for (const Json& one : at(configuration, "considered")) {
    const bool takes = at(one, "takes") == true;
    const std::string newer = newer_text(one);
    const bool failed = at(one, "filter_failure").is_string();
    if (failed) failures += "filter of " + word(one, "id") + ": " + word(one, "filter_failure") + "\n";
    rows.push_back({word(one, "id"), word(one, "kind"), word(one, "pattern"), word(one, "priority"),
                    takes ? "yes" : "no: " + word(one, "excluded_by"), newer.empty() ? "-" : newer});
  }
  if (rows.empty()) return {};
  std::string text = "\n" + table({"SUBSCRIPTION", "KIND", "PATTERN", "PRIORITY", "TAKES IT", "NEWER"}, rows);
  if (at(configuration, "left_out").is_number()) text += word(configuration, "left_out") + " more\n";
  return text + failures;
}

}  // namespace

std::string explain_text(std::string_view explained, UnixMillis now) {
  const Json json = json_or_null<Json>(explained);
  if (!json.is_object()) return {};
  const Json& configuration = at(json, "configuration");
  std::vector<Member> members = {{"event", word(json, "event") + ", " + word(json, "type")},
                                 {"accepted", time_text(at(json, "accepted_at"), now)},
                                 {"endpoint", endpoint_text(json, configuration)}};
  for (const Json& delivery : at(json, "deliveries")) add_delivery(members, delivery, now);
  members.emplace_back("configured", decision_text(configuration) + " (as it is now)");
  if (at(configuration, "backoff_policy").is_object()) members.emplace_back("back-off", policy_text(configuration));
  if (const Json& transform = at(configuration, "transform"); transform.is_object())
    members.emplace_back("transformed", "by its " + word(transform, "from") + "'s transform");
  return member_lines(members) + subscription_table(configuration);
}

}  // namespace certes::command
