#pragma once
// Lookup: reads history's index, a short statement at a time, so that its writer is never held up. Throws Failure. Who:
// the routes, one thread at a time (Lookups).

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/history/filter.hpp"
#include "api/history/letters.hpp"
#include "api/history/rows.hpp"
#include "api/history/tables.hpp"

namespace certes::api::history {

class Lookup {
 public:
  explicit Lookup(const std::string& path);

  // Of that way, behind the cursor: at most so many. Fewer: there are no more. What the filter asks for besides is not
  // looked at.
  std::vector<EventRow> rows(Way way, const Filter& filter, const Cursor& cursor, std::size_t most,
                             Order order = Order::newest_first);
  // The records of an event, its repeats for single endpoints among them; the first is its own, where that is known. At
  // most 100.
  std::vector<EventRow> records_of(std::string_view tenant, std::string_view id);
  // Those of the tenant.
  std::vector<DeliveryRow> deliveries_of(std::string_view tenant, Place place);
  // At most so many whose own record stands behind `offset`, in the order of the log.
  std::vector<AttemptRow> attempts_of(Place place, std::int64_t behind, std::size_t most);

  // Dead letters of that way, as rows() has events.
  std::vector<LetterRow> letters(LetterWay way, const LetterFilter& filter, const Cursor& cursor, std::size_t most);
  // Of those that a policy may send again by itself, of all tenants: at most so many, behind that place.
  std::vector<LetterRow> waiting_letters(const WaitingPlace& behind, std::size_t most);
  // The tenant's that stands there. Nothing: it is not indexed.
  std::optional<LetterRow> letter_at(std::string_view tenant, Place place);
  // Whether the letter that stands there is erased: nothing of it is to be shown, or sent.
  bool is_erased_letter(Place place);

 private:
  Connection connection_;
  std::map<std::pair<Way, Order>, Statement> ways_;
  std::map<LetterWay, Statement> letter_ways_;
  Statement by_id_, deliveries_, attempts_, letter_, waiting_, erased_;
};

}  // namespace certes::api::history
