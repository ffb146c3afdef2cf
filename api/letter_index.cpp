#include "api/letter_index.hpp"

#include "api/dead_letters.hpp"
#include "api/history_answers.hpp"

namespace certes::api {
namespace {

using history::LetterRow;
using history::Lookup;

constexpr std::size_t kLettersAtOnce = 256;

void ask(std::optional<std::string>& to, const std::string& text) {
  if (!text.empty()) to = text;
}

class LetterListing final : public LongSteps {
 public:
  LetterListing(Services& services, LettersAsked asked)
      : services_(services),
        asked_(std::move(asked)),
        way_(way_of(asked_.filter)),
        cursor_(asked_.after),
        reach_(letters_reach(*services.history)),
        deadline_(std::chrono::steady_clock::now() + services.deps.settings.api.scan_time),
        page_(asked_.limit, services) {}

  std::size_t held() const override { return page_.bytes(); }

 private:
  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    for (;;) {
      const auto rows = services_.history->look(
          [this](Lookup& lookup) { return lookup.letters(way_, asked_.filter, cursor_, kLettersAtOnce); });
      if (!rows) return std::optional(not_ready(rows.error()));
      for (const LetterRow& row : *rows) {
        cursor_ = behind(row);
        if (!asked_.filter.matches(row)) continue;
        page_.add(dead_letter_json(row, services_.dead_letter_ids.of(row), row.state()));
        if (page_.full()) return answer(cursor_.text());
      }
      if (rows->size() < kLettersAtOnce) return answer(std::nullopt);
      const SteadyTime now = std::chrono::steady_clock::now();
      if (now >= deadline_) {
        services_.cut_scans.add();
        return answer(cursor_.text());
      }
      if (now >= until) return std::optional<http::Response>();
    }
  }
  std::optional<http::Response> answer(const std::optional<std::string>& next) {
    return std::move(page_).answer(next, reach_);
  }

  Services& services_;
  const LettersAsked asked_;
  const history::LetterWay way_;
  history::Cursor cursor_;
  const std::string reach_;  // when it was begun
  const SteadyTime deadline_;
  Page page_;
};

}  // namespace

history::LetterFilter letter_filter(const std::string& tenant, const registry::JobFilter& asked) {
  history::LetterFilter filter;
  filter.tenant = tenant;
  ask(filter.endpoint, asked.endpoint);
  ask(filter.type, asked.type);
  ask(filter.rule, asked.rule);
  ask(filter.event, asked.event);
  filter.from = asked.from;
  if (asked.to != 0) filter.to = asked.to;
  return filter;
}

std::unique_ptr<http::Steps> list_letters(Services& services, LettersAsked asked) {
  return std::make_unique<LetterListing>(services, std::move(asked));
}

Result<std::optional<LetterRow>> indexed_letter(Services& services, const std::string& tenant, history::Place place) {
  return services.history->look([&](Lookup& lookup) { return lookup.letter_at(tenant, place); });
}

Result<std::optional<LetterRow>> indexed_letter(Services& services, const std::string& tenant,
                                                const std::string& delivery) {
  history::LetterFilter filter;
  filter.tenant = tenant;
  filter.delivery = delivery;
  return services.history->look([&](Lookup& lookup) -> std::optional<LetterRow> {
    auto rows = lookup.letters(history::LetterWay::delivery, filter, {}, 1);
    return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
  });
}

Result<bool> is_erased_letter(Services& services, history::Place place) {
  return services.history->look([&](Lookup& lookup) { return lookup.is_erased_letter(place); });
}

std::string letters_reach(const history::History& history) {
  return reach_members(history.indexed_until(), history.letters_from());
}

}  // namespace certes::api
