#pragma once
// What a filter says of an event. A FilterEvent is one event as filters see it: its payload is parsed by the first
// filter that looks at it, and not again. Who: the dispatcher's routing, `explain`, the dry run. Confined to one
// thread; nothing blocks; what an evaluation may take is bounded (filter/limits.hpp).

#include <cstdint>
#include <memory>
#include <string>

#include "common/event/event.hpp"
#include "common/event/json_document.hpp"
#include "common/filter/program.hpp"
#include "common/log/record.hpp"

namespace certes::event {

class FilterEvent {
 public:
  // All three must stay while it is used. `document`: where the payload is parsed; what it held before is forgotten
  // then.
  FilterEvent(const log::StoredRecord& record, const EventView& view, JsonDocument& document);
  ~FilterEvent();
  FilterEvent(const FilterEvent&) = delete;
  FilterEvent& operator=(const FilterEvent&) = delete;

  bool has_parsed() const;  // the payload

  class Parts;
  Parts& parts() { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

// Why an evaluation gave neither true nor false.
struct FilterFailure {
  enum class Why : std::uint8_t {
    no_data,       // the payload is neither JSON nor a form
    inexact_data,  // it holds a number that neither 64 bits nor a double can hold
    no_member,
    member_twice,
    no_item,
    wrong_type,
    overflow,
    division_by_zero,
    not_a_number,  // has no order
    cost,
    no_boolean,  // the whole gave another type
  };
  Why why = Why::no_data;
  filter::Program::Id node = 0;
  filter::Type left = filter::Type::any, right = filter::Type::any;  // of wrong_type and no_boolean
};
std::string_view to_string(FilterFailure::Why why);

struct FilterResult {
  enum class Says : std::uint8_t { no, yes, failed };
  Says says = Says::no;
  FilterFailure failure;  // where it has failed
  std::int64_t cost = 0;  // steps that were taken
};

FilterResult evaluate(const filter::Program& program, FilterEvent& event);

// For people: "line 1, column 6: there is no member \"total\"".
std::string describe(const filter::Program& program, const FilterFailure& failure);

}  // namespace certes::event
