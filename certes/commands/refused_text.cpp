#include "certes/commands/refused_text.hpp"

#include "certes/commands/cell_text.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/time_text.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

const Json& of_refused(const Json& json, const char* name) {
  static const Json kNothing;
  const auto found = json.find(name);
  return found == json.end() ? kNothing : *found;
}

std::string why(const Json& one) {
  std::string text = cell_text(of_refused(one, "error"));
  if (const Json& place = of_refused(one, "place"); place.is_string()) text += " (at " + cell_text(place) + ")";
  if (const Json& payload = of_refused(one, "payload"); payload.is_string())
    text += ": " + cell_text(payload) + (of_refused(one, "payload_cut") == true ? "…" : "");
  return text;
}

}  // namespace

std::string refused_text(std::string_view refused, UnixMillis now) {
  const Json json = json_or_null<Json>(refused);
  std::vector<Row> rows;
  for (const Json& one : of_refused(json, "items")) {
    const Json& times = of_refused(one, "times");
    rows.push_back({time_text(of_refused(one, "at"), now), times.is_number() ? cell_text(times) : "1",
                    cell_text(of_refused(one, "reason")), cell_text(of_refused(one, "client")),
                    cell_text(of_refused(one, "bytes")), why(one)});
  }
  return table({"AT", "TIMES", "REASON", "CLIENT", "BYTES", "WHY"}, rows);
}

std::string refused_remark(std::string_view refused) {
  const Json json = json_or_null<Json>(refused);
  if (of_refused(json, "answered_by").empty()) return "no gateway has answered";
  return of_refused(json, "more") == true ? "there are more" : "";
}

}  // namespace certes::command
