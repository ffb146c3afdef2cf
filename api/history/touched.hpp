#pragma once
// Touched: an event and its deliveries while a transaction gathers what is told of them. So each of their rows is
// written once, at its end, however much was told: an event with its delivery, that comes and goes between two rounds
// of reading, costs two rows. Who: Index. Confined to it; pure.

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "api/history/rows.hpp"
#include "api/history/states.hpp"

namespace certes::api::history {

struct Touched {
  // As the index has it.
  struct Stored {
    UnixMillis at;
    EventState state;
    std::string tenant, replay;
  };
  struct Delivery {
    DeliveryRow row;
    bool changed = false;  // since it was read
  };

  std::optional<Stored> stored;
  std::optional<EventRow> told;                             // to be written
  std::map<std::string, Delivery, std::less<>> deliveries;  // all of them, by id

  UnixMillis at() const { return told ? told->at : stored ? stored->at : 0; }

  void tell(EventRow row) {
    for (auto& [id, each] : deliveries) date(each, row.at);
    told = std::move(row);
  }
  void tell(const DeliveryRow& row) {
    const auto [place, is_new] = deliveries.try_emplace(row.id, Delivery{row, true});
    Delivery& known = place->second;
    if (!is_new) merge(known.row, row);
    known.changed = true;
    date(known, at());
  }
  // What another tenant's endpoint got of it is that tenant's to know.
  EventState state(std::string_view tenant) const {
    StateOf state;
    for (const auto& [id, each] : deliveries)
      if (each.row.tenant == tenant) state.add(each.row);
    return state.value();
  }

  // Of which it is one.
  std::string_view replay() const { return told ? told->replay : stored ? std::string_view(stored->replay) : ""; }
  bool any_delivered() const {
    return std::ranges::any_of(deliveries,
                               [](const auto& each) { return each.second.row.state == DeliveryState::delivered; });
  }

 private:
  static void date(Delivery& delivery, UnixMillis at) {
    if (at == 0 || delivery.row.event_at == at) return;
    delivery.row.event_at = at;
    delivery.changed = true;
  }
};

}  // namespace certes::api::history
