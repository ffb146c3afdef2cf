#include "certes/commands/doctor_checks.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "certes/commands/cells.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/time_text.hpp"
#include "common/base/printable.hpp"

namespace certes::command {
namespace {

constexpr std::size_t kNamed = 5;                // of those that a finding is about
constexpr std::size_t kLeastText = 20;           // columns for what was found; below, the terminal breaks it
constexpr UnixMillis kBehind = 10'000;           // of history
constexpr UnixMillis kFailing = 60'000;          // of an endpoint
constexpr UnixMillis kSoon = 14ll * 86'400'000;  // keys expire

std::string text_of(const Json& json, const char* member) {
  const auto found = json.is_object() ? json.find(member) : json.end();
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// "3: a, b, c", the first few.
std::string named(const std::vector<std::string>& names) {
  std::string text = std::to_string(names.size()) + ":";
  for (std::size_t i = 0; i < std::min(names.size(), kNamed); ++i) text += (i == 0 ? " " : ", ") + names[i];
  return names.size() > kNamed ? text + ", …" : text;
}

void add(Findings& findings, const std::string& check, const std::vector<std::string>& names, Grade grade,
         const std::string& what, const std::string& mend) {
  if (!names.empty()) findings.push_back({check, grade, what + " " + named(names), mend});
}

void add_good(Findings& findings, const std::string& check, std::string what) {
  if (findings.empty()) findings.push_back({check, Grade::good, std::move(what), ""});
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("localhost") || address.starts_with("[::1]");
}

}  // namespace

std::string_view to_string(Grade grade) {
  switch (grade) {
    case Grade::good: return "good";
    case Grade::unknown: return "not seen";
    case Grade::warning: return "look";
    case Grade::bad: return "bad";
  }
  return "";
}

std::string findings_text(const Findings& findings, std::size_t columns) {
  const Row titles{"CHECK", "FOUND", "WHAT"};
  std::size_t checks = titles[0].size(), grades = titles[1].size();
  for (const Finding& finding : findings) {
    checks = std::max(checks, columns_of(finding.check));
    grades = std::max(grades, to_string(finding.grade).size());
  }
  const std::size_t before = checks + grades + 4;  // two columns between each
  const std::size_t room = columns > before + kLeastText ? columns - before : 0;
  std::vector<Row> rows;
  for (const Finding& finding : findings) {
    Row row{finding.check, std::string(to_string(finding.grade)), ""};
    for (const auto& text : {finding.what, finding.mend.empty() ? std::string() : "→ " + finding.mend}) {
      if (text.empty()) continue;
      for (const std::string& line : wrapped(printable_line(text), room)) {
        row[2] = line;
        rows.push_back(std::exchange(row, {"", "", ""}));
      }
    }
  }
  return table(titles, rows, 0);
}

bool is_ill(const Findings& findings) {
  return std::ranges::any_of(findings, [](const Finding& finding) { return finding.grade == Grade::bad; });
}

Finding judge_health(const std::string& listener, const std::string& url, int status, std::string_view body) {
  if (status == 200) return {listener, Grade::good, "ready at " + url, ""};
  if (status == 503)
    return {listener, Grade::bad, "not ready at " + url + ": " + std::string(body.substr(0, 200)),
            "see its log: it says once a minute what it waits for"};
  return {listener, Grade::bad, url + " answers " + std::to_string(status) + " to /health/ready",
          "is that Certes? --url and --gateway-url, or CERTES_URL and CERTES_GATEWAY_URL, say where it is"};
}

Finding judge_silence(const std::string& listener, const std::string& url, const Error& error) {
  return {listener, Grade::bad, "no answer at " + url + ": " + error.message,
          "start it, or say where it is: --url and --gateway-url, or CERTES_URL and CERTES_GATEWAY_URL"};
}

Finding not_looked_at(const std::string& check, const Error& error) {
  return {check, Grade::unknown, error.message, ""};
}

Findings judge_settings(const Json& settings) {
  Findings findings;
  std::vector<std::string> open;
  bool dev = false;
  for (const Json& setting : settings) {
    const std::string name = text_of(setting, "name"), value = text_of(setting, "value");
    if (name == "dev") dev = value == "true";
    if (name.ends_with(".listen") && !value.empty() && !is_loopback(value)) open.push_back(name + " " + value);
    if (name == "gateway.maintenance" && value == "true")
      findings.push_back({"settings", Grade::warning, "gateway.maintenance is true: no event is taken in",
                          "certes config set gateway.maintenance=false"});
    if (name == "log.level" && value == "debug")
      findings.push_back({"settings", Grade::warning, "log.level is debug", "certes config set log.level=info"});
    if (name == "debug.core_dumps" && value == "true")
      findings.push_back({"settings", Grade::warning, "debug.core_dumps is true: its memory holds secrets",
                          "leave it out once the fault is found"});
  }
  if (dev)
    add(findings, "settings", open, Grade::bad, "--dev, which asks nobody for a key, and listeners beyond loopback",
        "leave --dev out, or listen on loopback");
  add_good(findings, "settings", "nothing that stands out");
  return findings;
}

Findings judge_endpoints(const Json& endpoints, const Json& subscriptions) {
  Findings findings;
  std::vector<std::string> by_certes, paused, without;
  std::set<std::string> subscribed;
  for (const Json& subscription : subscriptions) subscribed.insert(text_of(subscription, "endpoint"));
  for (const Json& endpoint : endpoints) {
    const std::string id = text_of(endpoint, "id"), state = text_of(endpoint, "state");
    if (state == "disabled" && !text_of(endpoint, "disabled_reason").empty()) by_certes.push_back(id);
    if (state == "paused") paused.push_back(id);
    if (state == "active" && !subscribed.contains(id)) without.push_back(id);
  }
  add(findings, "endpoints", by_certes, Grade::bad, "disabled by Certes, as they only failed or were gone,",
      "certes endpoints show NAME says why; once it is mended: certes endpoints resume NAME, and replay its dead "
      "letters");
  add(findings, "endpoints", paused, Grade::warning, "paused,", "certes endpoints resume NAME, if that is over");
  add(findings, "endpoints", without, Grade::warning, "without a subscription, so they get nothing,",
      "certes subscriptions create ID endpoint=NAME pattern=…");
  add_good(findings, "endpoints", std::to_string(endpoints.size()) + ", all of them active and subscribed");
  return findings;
}

Findings judge_stats(const std::vector<Json>& stats, UnixMillis now) {
  Findings findings;
  std::vector<std::string> failing, broken;
  std::int64_t covered = 0, all = 0;
  for (const Json& one : stats) {
    const std::string id = text_of(one, "endpoint");
    const UnixMillis since = parse_rfc3339(text_of(one, "failing_since"));
    if (since > 0 && now - since >= kFailing) failing.push_back(id + " since " + text_of(one, "failing_since"));
    if (text_of(one, "standing") == "broken") broken.push_back(id);
    const Json partitions = one.value("partitions", Json::object());
    if (const std::int64_t of = partitions.value("all", std::int64_t{0}); of > 0) {
      covered = std::max(covered, partitions.value("covered", std::int64_t{0}));
      all = of;
    }
  }
  if (all > 0 && covered < all)
    findings.push_back({"dispatchers", Grade::bad,
                        "of " + std::to_string(all) + " partitions " + std::to_string(all - covered) +
                            " have no dispatcher that answers",
                        "start certes dispatcher, or see the logs of those that run"});
  add(findings, "deliveries", broken, Grade::bad, "their secrets do not open with the sealing keys of a dispatcher,",
      "give all processes the same secrets.key_file");
  add(findings, "deliveries", failing, Grade::warning, "fail for more than a minute,",
      "certes endpoints stats NAME, certes events list --endpoint NAME --state open");
  add_good(findings, "deliveries",
           stats.empty() ? "no endpoint that could be asked about"
                         : "none of " + std::to_string(stats.size()) + " endpoints that were asked about fails");
  return findings;
}

Findings judge_keys(const Json& keys, UnixMillis now) {
  Findings findings;
  std::vector<std::string> expired, soon;
  for (const Json& key : keys) {
    const UnixMillis at = parse_rfc3339(text_of(key, "expires"));
    if (at <= 0 || at - now > kSoon) continue;
    (at <= now ? expired : soon).push_back(text_of(key, "id") + " at " + text_of(key, "expires"));
  }
  add(findings, "keys", soon, Grade::warning, "expire within two weeks,", "certes keys update NAME expires=…");
  add(findings, "keys", expired, Grade::warning, "have expired,", "certes keys delete NAME, or update its expires");
  add_good(findings, "keys", std::to_string(keys.size()) + ", none of which expires within two weeks");
  return findings;
}

Finding judge_dead_letters(const Json& page) {
  const Json items = page.value("items", Json::array());
  const std::size_t count = items.size();
  const bool more = page.contains("next") && page["next"].is_string();
  if (count == 0 && !more) return {"dead letters", Grade::good, "none", ""};
  const bool open = count > 0 && items.front().contains("state");
  return {"dead letters", Grade::warning,
          (more ? "more than " : "") + std::to_string(count) + (open ? " are open" : " are kept"),
          "certes dead-letters list says why; once that is mended: certes dead-letters replay --endpoint NAME"};
}

Finding judge_history(const Json& page, UnixMillis now) {
  const UnixMillis until = parse_rfc3339(text_of(page, "indexed_until"));
  if (until <= 0) return {"history", Grade::warning, "the index of events is being made", "wait a moment"};
  if (now - until >= kBehind)
    return {"history", Grade::warning,
            "the index of events is behind: until " + time_text(Json(text_of(page, "indexed_until")), now),
            "it catches up when the processor and the disk have room; docs/history.md, Behind"};
  const bool filling = !text_of(page, "indexed_from").empty();
  return {"history", Grade::good, filling ? "up to date, and still being filled backwards" : "up to date", ""};
}

Finding judge_version(std::string_view theirs, std::string_view ours) {
  if (theirs == ours) return {"version", Grade::good, std::string(ours), ""};
  return {"version", Grade::warning, std::string(theirs) + " answers, this command is " + std::string(ours),
          "use the same on both sides"};
}

}  // namespace certes::command
