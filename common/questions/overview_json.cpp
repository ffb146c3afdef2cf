// What a process says of itself, as JSON.
#include "common/questions/codec.hpp"
#include "common/questions/overview.hpp"
#include "common/questions/parts_json.hpp"

namespace certes::questions {
namespace {

using OverviewJson = nlohmann::json;

constexpr std::size_t kMostLines = 1'000;  // of an answer that is believed
constexpr std::array<const char*, registry::kEventKinds> kAccepted = {"event", "command", "result"};

std::string overview_text(const OverviewJson& json) {
  return json.dump(-1, ' ', false, OverviewJson::error_handler_t::replace);
}

OverviewJson json_of(const Durations& durations) {
  return {{"counts", durations.counts}, {"sum_us", durations.sum_us}};
}

// A release with other buckets is not understood: nothing is known of it then.
bool read(const OverviewJson& json, Durations& into) {
  Members members(json);
  members.count("sum_us", into.sum_us);
  const OverviewJson* const counts = members.find("counts");
  if (counts == nullptr) return members.good();
  if (!counts->is_array()) return false;
  if (counts->size() != into.counts.size()) {
    into = {};
    return members.good();
  }
  for (std::size_t i = 0; i < into.counts.size(); ++i) {
    const OverviewJson one = {{"count", (*counts)[i]}};
    Members of(one);
    of.count("count", into.counts[i]);
    if (!of.good()) return false;
  }
  return members.good();
}

OverviewJson json_of(const Accepting& accepting) {
  OverviewJson json = {
      {"duplicates", accepting.duplicates}, {"refused", accepting.refused}, {"append", json_of(accepting.append)}};
  for (std::size_t i = 0; i < kAccepted.size(); ++i) json[kAccepted[i]] = accepting.accepted[i];
  return json;
}

bool read(const OverviewJson& json, Accepting& into) {
  Members members(json);
  for (std::size_t i = 0; i < kAccepted.size(); ++i) members.count(kAccepted[i], into.accepted[i]);
  members.count("duplicates", into.duplicates);
  members.count("refused", into.refused);
  const OverviewJson* const append = members.find("append");
  return members.good() && (append == nullptr || read(*append, into.append));
}

OverviewJson json_of(const Delivering& delivering) {
  return {{"delivered", delivering.delivered},
          {"dead_lettered", delivering.dead_lettered},
          {"cancelled", delivering.cancelled},
          {"unmatched", delivering.unmatched},
          {"attempts", json_of(delivering.attempts)},
          {"attempt", json_of(delivering.attempt)},
          {"age", json_of(delivering.age)}};
}

bool read(const OverviewJson& json, Delivering& into) {
  Members members(json);
  members.count("delivered", into.delivered);
  members.count("dead_lettered", into.dead_lettered);
  members.count("cancelled", into.cancelled);
  members.count("unmatched", into.unmatched);
  const OverviewJson *const attempts = members.find("attempts"), *const attempt = members.find("attempt"),
                            *const age = members.find("age");
  return members.good() && (attempts == nullptr || read(*attempts, into.attempts)) &&
         (attempt == nullptr || read(*attempt, into.attempt)) && (age == nullptr || read(*age, into.age));
}

OverviewJson json_of(const EndpointLine& line) {
  return {{"tenant", line.tenant},
          {"endpoint", line.endpoint},
          {"waiting", line.waiting},
          {"retrying", line.retrying},
          {"in_flight", line.in_flight},
          {"oldest", line.oldest},
          {"attempts", json_of(line.attempts)},
          {"error", line.error.substr(0, ProcessOverview::kMostErrorBytes)},
          {"standing", to_string(line.standing)}};
}

bool read(const OverviewJson& json, EndpointLine& into) {
  Members members(json);
  const auto text = [&members](const char* name, std::string& value) {
    if (const std::string* const found = members.text(name)) value = *found;
  };
  text("tenant", into.tenant);
  text("endpoint", into.endpoint);
  text("error", into.error);
  members.count("waiting", into.waiting);
  members.count("retrying", into.retrying);
  members.count("in_flight", into.in_flight);
  members.time("oldest", into.oldest);
  read_standing(members, into.standing);
  const OverviewJson* const attempts = members.find("attempts");
  return members.good() && (attempts == nullptr || read(*attempts, into.attempts));
}

OverviewJson without_endpoints(const ProcessOverview& overview) {
  return {{"started", overview.started},
          {"gateway", overview.gateway},
          {"dispatcher", overview.dispatcher},
          {"log_away", overview.log_away},
          {"reading_stopped", overview.reading_stopped},
          {"accepting", json_of(overview.accepting)},
          {"delivering", json_of(overview.delivering)},
          {"classes", json_of(overview.classes)},
          {"in_flight", overview.in_flight},
          {"endpoints", OverviewJson::array()},
          {"failing", overview.failing},
          {"open", overview.open}};
}

bool read_lines(const OverviewJson& json, std::vector<EndpointLine>& into) {
  if (!json.is_array() || json.size() > kMostLines) return false;
  for (const OverviewJson& one : json)
    if (!read(one, into.emplace_back())) return false;
  return true;
}

}  // namespace

std::string to_json(const ProcessOverview& overview) {
  OverviewJson json = without_endpoints(overview);
  std::size_t left = kMostValueBytes - overview_text(json).size();
  for (const EndpointLine& line : overview.endpoints) {
    OverviewJson one = json_of(line);
    const std::size_t bytes = overview_text(one).size() + 1;
    if (bytes > left) break;
    left -= bytes;
    json["endpoints"].push_back(std::move(one));
  }
  return overview_text(json);
}

std::optional<ProcessOverview> process_overview_of(std::string_view json) {
  const auto parsed = parse_json<OverviewJson>(json, {8, kMostValueBytes, true});
  if (!parsed) return std::nullopt;
  ProcessOverview overview;
  Members members(*parsed);
  members.time("started", overview.started);
  members.flag("gateway", overview.gateway);
  members.flag("dispatcher", overview.dispatcher);
  members.flag("log_away", overview.log_away);
  members.flag("reading_stopped", overview.reading_stopped);
  members.count("in_flight", overview.in_flight);
  members.count("failing", overview.failing);
  members.count("open", overview.open);
  const OverviewJson *const accepting = members.find("accepting"), *const delivering = members.find("delivering"),
                            *const classes = members.find("classes"), *const endpoints = members.find("endpoints");
  const bool read_all = (accepting == nullptr || read(*accepting, overview.accepting)) &&
                        (delivering == nullptr || read(*delivering, overview.delivering)) &&
                        (classes == nullptr || read(*classes, overview.classes)) &&
                        (endpoints == nullptr || read_lines(*endpoints, overview.endpoints));
  if (!members.good() || !read_all) return std::nullopt;
  return overview;
}

}  // namespace certes::questions
