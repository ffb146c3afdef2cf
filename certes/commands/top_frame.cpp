#include "certes/commands/top_frame.hpp"

#include "certes/commands/cells.hpp"
#include "certes/commands/page.hpp"
#include "certes/commands/top_endpoints.hpp"
#include "certes/commands/top_text.hpp"

namespace certes::command {
namespace {

constexpr std::array<const char*, kTopCounts> kCountTitles = {
    "accepted", "duplicates", "refused", "unmatched", "delivered", "dead letters", "cancelled", "attempts", "failed"};
constexpr std::array<const char*, kTopDurations> kDurationTitles = {"durable", "attempt", "delivery"};

std::string joined_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void show_title(Page& page, const TopState& state) {
  const std::string title = "certes top";
  std::string about = "  " + state.where;
  std::string right = state.paused ? "PAUSED  " : "";
  if (state.now) {
    about += state.now->tenant == "*" ? "  all tenants" : "  " + state.now->tenant;
    right += format_rfc3339(state.now->at).substr(11, 8) + "Z";
  }
  const std::size_t used = title.size() + right.size() + 1;
  const std::size_t room = page.columns() > used ? page.columns() - used : 0;
  page.line({{title, Ink::strong}, {fitted(about, room)}, {" "}, {right, state.paused ? Ink::warn : Ink::plain}});
}

bool is_trouble(TopCount count) {
  return count == TopCount::refused || count == TopCount::dead_lettered || count == TopCount::failed;
}

void show_rates(Page& page, const TopRates& rates) {
  constexpr std::size_t kName = 12, kValue = 7, kKind = 9, kLatency = 30, kRoomy = 100;
  Spans counts, latencies;
  for (std::size_t i = 0; i < kTopCounts; ++i) {
    const std::string value = rates.seconds > 0 ? rate_text(rates.counts[i]) + "/s" : "-";
    const bool bad = rates.counts[i] > 0 && is_trouble(static_cast<TopCount>(i));
    counts.push_back(
        {fitted(kCountTitles[i], kName) + fitted(value, kValue, Align::right), bad ? Ink::bad : Ink::plain});
  }
  for (std::size_t i = 0; i < kTopDurations; ++i)
    latencies.push_back({fitted(kDurationTitles[i], kKind) + seconds_text(rates.durations[i].p50) + ", 99% " +
                         seconds_text(rates.durations[i].p99)});
  page.cells(counts, page.columns() < kRoomy ? kName + kValue + 1 : kName + kValue + 3);
  page.cells(latencies, kLatency);
}

void show_processes(Page& page, const TopLook& look) {
  std::vector<std::string> away, stopped;
  for (const TopProcess& process : look.processes) {
    if (process.log_away) away.push_back(process.name);
    if (process.reading_stopped) stopped.push_back(process.name);
  }
  const std::string processes = std::to_string(look.processes.size());
  page.line({{processes + (look.processes.size() == 1 ? " process, " : " processes, ")},
             {std::to_string(look.covered) + " of " + std::to_string(look.partitions) + " partitions",
              look.covered == look.partitions ? Ink::plain : Ink::bad},
             {", " + count_text(look.in_flight) + " in flight"}});
  const auto tell = [&page](const char* what, const std::vector<std::string>& names) {
    if (!names.empty()) page.line({{what + joined_names(names), Ink::bad}});
  };
  tell("no answer from ", look.missing);
  tell("the log is away for ", away);
  tell("the index is full, and nothing is read, at ", stopped);
}

// Those for which nothing waits are left out where there is little room.
void show_classes(Page& page, const TopLook& look, std::size_t rows) {
  constexpr std::size_t kRoomy = 24;

  constexpr std::size_t kName = 10, kNumber = 10;
  const auto row = [&page](const std::string& name, const std::array<std::string, 5>& cells, Ink ink) {
    std::string text = fitted(name, kName);
    for (const std::string& cell : cells) text += fitted(cell, kNumber, Align::right);
    page.line({{text, ink}});
  };
  row("CLASS", {"WAITING", "MEMORY", "LOG", "RETRY", "OLDEST"}, Ink::strong);
  for (const TopClass& one : look.classes) {
    if (one.waiting() == 0 && rows != 0 && rows < kRoomy) continue;
    row(one.name,
        {count_text(one.waiting()), count_text(one.memory), count_text(one.log), count_text(one.retry),
         seconds_text(one.oldest_seconds)},
        one.waiting() == 0 ? Ink::faint : Ink::plain);
  }
}

void show_help(Page& page) {
  page.line({{"q", Ink::strong}, {"       ends"}});
  page.line({{"p", Ink::strong}, {"       pauses, and goes on"}});
  page.line({{"s", Ink::strong}, {"       sorts by the next column"}});
  page.line({{"1 to 8", Ink::strong}, {"  sort by WAITING, RETRY, OUT, OK/S, FAIL/S, OLDEST, FAILING, ENDPOINT"}});
  page.line({{"?", Ink::strong}, {"       shows this, and hides it"}});
}

}  // namespace

std::string top_frame(const TopState& state, TopSize size, bool colour) {
  Page page(size.columns, size.rows, colour);
  show_title(page, state);
  if (!state.trouble.empty()) page.line({{state.trouble, Ink::bad}});
  if (!state.now) return page.take();
  const TopRates rates = state.before ? rates_between(*state.before, *state.now) : TopRates{};
  show_rates(page, rates);
  show_processes(page, *state.now);
  page.line();
  show_classes(page, *state.now, size.rows);
  page.line();
  if (state.help)
    show_help(page);
  else
    show_endpoints(page, *state.now, rates, state.sort);
  return page.take();
}

}  // namespace certes::command
