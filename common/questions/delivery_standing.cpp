#include "common/questions/delivery_standing.hpp"

#include <algorithm>
#include <array>

#include "common/questions/codec.hpp"
#include "common/questions/members.hpp"

namespace certes::questions {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 3> kStages = {"unrouted", "closed", "open"};
constexpr std::array<std::string_view, 24> kWaits = {"unknown",
                                                     "sending",
                                                     "recording",
                                                     "dead_letter",
                                                     "result",
                                                     "end",
                                                     "pause",
                                                     "disabling",
                                                     "backoff",
                                                     "order",
                                                     "breaker",
                                                     "rest",
                                                     "partition",
                                                     "slot",
                                                     "slow_start",
                                                     "endpoint_share",
                                                     "urgent_slots",
                                                     "rate",
                                                     "dispatcher_slots",
                                                     "unanswered_share",
                                                     "tenant_share",
                                                     "retry_share",
                                                     "loading",
                                                     "turn"};

std::string text_of(const log::Origin& place) {
  return std::to_string(place.partition) + ":" + std::to_string(place.offset);
}

bool is_place(const log::Origin& place) { return place.partition >= 0 && place.offset >= 0; }

Json json_of(const DeliveryStanding& standing) {
  Json json = {{"place", text_of(standing.place)}, {"stage", to_string(standing.stage)}};
  if (standing.stage == Stage::unrouted) json["unrouted_before"] = standing.unrouted_before;
  if (standing.stage != Stage::open) return json;
  json["waits_for"] = to_string(standing.waits_for);
  json["until"] = standing.until;
  json["priority"] = to_string(standing.priority);
  json["attempts"] = standing.attempts;
  json["in_memory"] = standing.in_memory;
  json["same_class"] = standing.before.same_class;
  json["higher_classes"] = standing.before.higher_classes;
  json["more"] = standing.before.more;
  if (standing.first_of_key)
    json["first_of_key"] = {{"offset", standing.first_of_key->offset},
                            {"attempts", standing.first_of_key->attempts},
                            {"due", standing.first_of_key->due}};
  return json;
}

bool read_place(Members& members, log::Origin& into) {
  const std::string* const text = members.text("place");
  const auto place = text == nullptr ? std::nullopt : log::parse_origin(*text);
  if (!place || !is_place(*place)) return false;
  into = *place;
  return true;
}

// A word of a later release leaves what was there.
template <class Names, class Into>
void read_word(Members& members, const char* name, const Names& names, Into& into) {
  const std::string* const text = members.text(name);
  if (text == nullptr) return;
  const auto known = std::ranges::find(names, *text);
  if (known != names.end()) into = static_cast<Into>(known - names.begin());
}

bool read_first(Members& members, std::optional<FirstOfKey>& into) {
  const Json* const found = members.find("first_of_key");
  if (found == nullptr) return true;
  Members first(*found);
  into.emplace();
  first.count("offset", into->offset);
  first.count("attempts", into->attempts);
  first.time("due", into->due);
  return first.good();
}

std::optional<DeliveryStanding> standing_of(const Json& json) {
  DeliveryStanding standing;
  Members members(json);
  if (!read_place(members, standing.place)) return std::nullopt;
  read_word(members, "stage", kStages, standing.stage);
  members.count("unrouted_before", standing.unrouted_before);
  read_word(members, "waits_for", kWaits, standing.waits_for);
  members.time("until", standing.until);
  if (const std::string* const text = members.text("priority"))
    standing.priority = registry::parse_priority(*text).value_or(standing.priority);
  members.count("attempts", standing.attempts);
  members.flag("in_memory", standing.in_memory);
  members.count("same_class", standing.before.same_class);
  members.count("higher_classes", standing.before.higher_classes);
  members.flag("more", standing.before.more);
  if (!read_first(members, standing.first_of_key) || !members.good()) return std::nullopt;
  return standing;
}

}  // namespace

std::string_view to_string(Stage stage) { return kStages[static_cast<std::size_t>(stage)]; }

std::string_view to_string(WaitsFor waits_for) { return kWaits[static_cast<std::size_t>(waits_for)]; }

std::string DeliverySubject::text() const {
  std::string text;
  for (std::size_t i = 0; i < std::min(places.size(), kMostPlaces); ++i)
    text += (i == 0 ? "" : ",") + text_of(places[i]);
  return text + "/" + endpoint;
}

std::optional<DeliverySubject> DeliverySubject::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos || slash + 1 == text.size()) return std::nullopt;
  DeliverySubject subject{{}, std::string(text.substr(slash + 1))};
  for (std::size_t from = 0; from <= slash;) {
    const std::size_t end = std::min(slash, text.find(',', from));
    const auto place = log::parse_origin(text.substr(from, end - from));
    if (!place || !is_place(*place) || subject.places.size() == kMostPlaces) return std::nullopt;
    subject.places.push_back(*place);
    from = end + 1;
  }
  return subject;
}

std::string to_json(const std::vector<DeliveryStanding>& standings) {
  Json all = Json::array();
  for (const DeliveryStanding& one : standings) all.push_back(json_of(one));
  return Json{{"standings", std::move(all)}}.dump();
}

std::optional<std::vector<DeliveryStanding>> delivery_standings_of(std::string_view json) {
  const auto parsed = parse_json<Json>(json, {8, kMostValueBytes, true});
  if (!parsed) return std::nullopt;
  const Json* const all = Members(*parsed).find("standings");
  if (all == nullptr || !all->is_array() || all->size() > DeliverySubject::kMostPlaces) return std::nullopt;
  std::vector<DeliveryStanding> standings;
  for (const Json& one : *all) {
    const auto standing = standing_of(one);
    if (!standing) return std::nullopt;
    standings.push_back(*standing);
  }
  return standings;
}

}  // namespace certes::questions
