#pragma once
// FilterEvent::Parts: an event as maps and values, made when they are first asked for. Inside common/event only.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/form.hpp"
#include "common/event/filter_values.hpp"

namespace certes::event {

class FilterEvent::Parts {
 public:
  Parts(const log::StoredRecord& record, const EventView& view, JsonDocument& document)
      : record_(record), view_(view), document_(document) {}

  // Missing: there is none; failed: it is not known exactly.
  FilterValue data();
  FilterValue attribute(std::string_view name);  // missing: it is not there
  FilterValue event();                           // all of them, with the data
  FilterValue headers();
  FilterValue query();
  bool has_parsed() const { return data_.has_value(); }

 private:
  using Table = std::optional<std::vector<FilterEntry>>;

  FilterValue parsed();
  static FilterValue table(std::vector<FilterEntry>& entries);
  static Table fields(const std::optional<FormFields>& form);

  const log::StoredRecord& record_;
  const EventView& view_;
  JsonDocument& document_;
  std::optional<FilterValue> data_;
  std::optional<FormFields> form_, query_;
  Table form_fields_, query_fields_, event_, headers_;
};

}  // namespace certes::event
