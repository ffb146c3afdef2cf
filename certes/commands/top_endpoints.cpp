#include "certes/commands/top_endpoints.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "certes/commands/cells.hpp"
#include "certes/commands/top_text.hpp"

namespace certes::command {
namespace {

// An endpoint with what it does in a second.
struct TopRow {
  const TopEndpoint* endpoint;
  std::string name;
  TopRates::Endpoint rates;
};

struct TopColumn {
  const char* title;
  std::size_t width;  // with the space before it
  int keep;           // columns with less give way first, where there is no room; 0: only the name and the error
  TopSort sort;
  std::string (*text)(const TopRow&);
};

constexpr std::size_t kLeastName = 14, kMostName = 50, kLeastError = 12, kStanding = 10;

constexpr std::array<TopColumn, 7> kColumns = {
    {{"WAITING", 9, 6, TopSort::waiting, [](const TopRow& row) { return count_text(row.endpoint->waiting); }},
     {"RETRY", 8, 2, TopSort::retrying, [](const TopRow& row) { return count_text(row.endpoint->retrying); }},
     {"OUT", 7, 1, TopSort::in_flight, [](const TopRow& row) { return count_text(row.endpoint->in_flight); }},
     {"OK/S", 8, 3, TopSort::delivered, [](const TopRow& row) { return rate_text(row.rates.delivered); }},
     {"FAIL/S", 8, 4, TopSort::failed, [](const TopRow& row) { return rate_text(row.rates.failed); }},
     {"OLDEST", 8, 5, TopSort::oldest, [](const TopRow& row) { return seconds_text(row.endpoint->oldest_seconds); }},
     {"FAILING", 9, 7, TopSort::failing,
      [](const TopRow& row) { return seconds_text(row.endpoint->failing_seconds); }}}};

// What it is sorted by; the largest comes first.
double weight(const TopRow& row, TopSort sort) {
  const TopEndpoint& endpoint = *row.endpoint;
  switch (sort) {
    case TopSort::waiting: return static_cast<double>(endpoint.waiting);
    case TopSort::retrying: return static_cast<double>(endpoint.retrying);
    case TopSort::in_flight: return static_cast<double>(endpoint.in_flight);
    case TopSort::delivered: return row.rates.delivered;
    case TopSort::failed: return row.rates.failed;
    case TopSort::oldest: return endpoint.oldest_seconds.value_or(-1);
    case TopSort::failing: return endpoint.failing_seconds.value_or(-1);
    case TopSort::name: break;
  }
  return 0;
}

std::vector<TopRow> rows_of(const TopLook& look, const TopRates& rates, TopSort sort) {
  std::vector<TopRow> rows;
  for (const TopEndpoint& endpoint : look.endpoints) {
    const std::string full = endpoint.tenant + "/" + endpoint.id;
    const auto known = rates.endpoints.find(full);
    rows.push_back({&endpoint, look.tenant == "*" ? full : endpoint.id,
                    known == rates.endpoints.end() ? TopRates::Endpoint{} : known->second});
  }
  std::ranges::stable_sort(rows, [sort](const TopRow& a, const TopRow& b) {
    return std::make_tuple(-weight(a, sort), std::string_view(a.name)) <
           std::make_tuple(-weight(b, sort), std::string_view(b.name));
  });
  return rows;
}

// How wide what is, and which columns there are.
struct TopLayout {
  std::size_t name = kLeastName;
  std::vector<const TopColumn*> columns;
  bool standing = false;
};

TopLayout layout_of(const std::vector<TopRow>& rows, std::size_t columns) {
  TopLayout layout;
  std::size_t used = kLeastName + kLeastError;
  for (const TopColumn& column : kColumns) {
    layout.columns.push_back(&column);
    used += column.width;
  }
  while (used > columns && !layout.columns.empty()) {
    const auto least = std::ranges::min_element(layout.columns, {}, &TopColumn::keep);
    used -= (*least)->width;
    layout.columns.erase(least);
  }
  std::size_t left = columns > used ? columns - used : 0;
  layout.standing = left >= kStanding + kLeastName;
  if (layout.standing) left -= kStanding;
  std::size_t longest = kLeastName;
  for (const TopRow& row : rows) longest = std::max(longest, columns_of(row.name));
  layout.name = std::min({longest, kMostName, kLeastName + left});
  return layout;
}

Spans title_of(const TopLayout& layout, TopSort sort) {
  const auto marked = [sort](const char* title, TopSort own) { return own == sort ? "↓" + std::string(title) : title; };
  std::string text = fitted(marked("ENDPOINT", TopSort::name), layout.name);
  for (const TopColumn* column : layout.columns)
    text += fitted(marked(column->title, column->sort), column->width, Align::right);
  if (layout.standing) text += "  " + fitted("STANDING", kStanding - 2);
  return {{text + "  ERROR", Ink::strong}};
}

Spans line_of(const TopRow& row, const TopLayout& layout) {
  const TopEndpoint& endpoint = *row.endpoint;
  const Ink ink = endpoint.failing_seconds ? Ink::bad : Ink::plain;
  std::string text = fitted(row.name, layout.name);
  for (const TopColumn* column : layout.columns) text += fitted(column->text(row), column->width, Align::right);
  if (layout.standing) text += "  " + fitted(endpoint.standing, kStanding - 2);
  return {{text, ink}, {"  " + endpoint.error, ink}};
}

}  // namespace

void show_endpoints(Page& page, const TopLook& look, const TopRates& rates, TopSort sort) {
  const auto rows = rows_of(look, rates, sort);
  const TopLayout layout = layout_of(rows, page.columns());
  std::string about = std::to_string(look.open) + (look.open == 1 ? " endpoint has" : " endpoints have") +
                      " something open, " + std::to_string(look.failing) + (look.failing == 1 ? " fails" : " fail");
  page.line({{about, look.failing > 0 ? Ink::bad : Ink::plain}});
  if (rows.empty()) return;
  page.line(title_of(layout, sort));
  for (const TopRow& row : rows) page.line(line_of(row, layout));
}

}  // namespace certes::command
