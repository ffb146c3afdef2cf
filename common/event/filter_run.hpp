#pragma once
// FilterRun: one evaluation of a filter on an event. Inside common/event only. All it does counts against the cost;
// once that is used up, what it gives means nothing. Confined to one thread.

#include <array>
#include <cstddef>
#include <memory_resource>

#include "common/event/filter_event.hpp"
#include "common/filter/limits.hpp"

namespace certes::event {

class FilterRun {
 public:
  FilterRun(const filter::Program& program, FilterEvent::Parts& event) : program_(program), event_(event) {}

  FilterResult run();

 private:
  using Id = filter::Program::Id;
  using Node = filter::Program::Node;
  using Why = FilterFailure::Why;

  FilterValue value(Id id);
  FilterValue computed(const Node& node, Id id);
  FilterValue literal(const Node& node) const;
  FilterValue root(const Node& node, Id id);
  FilterValue field(const Node& node, Id id);
  FilterValue member(const Node& node, Id id);
  FilterValue named(const FilterValue& map, std::string_view name, Id id);
  FilterValue has(const Node& node, Id id);
  FilterValue index(const Node& node, Id id);
  FilterValue item(const FilterValue& list, const FilterValue& at, Id id);
  FilterValue list(const Node& node);
  FilterValue map(const Node& node);
  FilterValue logical(const Node& node, Id id, bool absorbing);
  FilterValue negation(const Node& node, Id id);
  FilterValue minus(const Node& node, Id id);
  FilterValue choice(const Node& node, Id id);
  FilterValue binary(const Node& node, Id id);
  FilterValue ordered(filter::Op op, const FilterValue& left, const FilterValue& right, Id id);
  FilterValue in(const FilterValue& value, const FilterValue& range, Id id);
  FilterValue arithmetic(filter::Op op, const FilterValue& left, const FilterValue& right, Id id);
  FilterValue of_ints(filter::Op op, std::int64_t left, std::int64_t right, Id id) const;
  FilterValue of_doubles(filter::Op op, double left, double right) const;
  FilterValue joined(const FilterValue& left, const FilterValue& right);
  FilterValue size(const Node& node, Id id);
  FilterValue texts(filter::Op op, const FilterValue& text, const FilterValue& part, Id id);
  FilterValue matches(const Node& node, Id id);
  FilterValue quantified(const Node& node, Id id, bool absorbing);
  FilterValue exactly_one(const Node& node, Id id);
  FilterValue quantified_over(const FilterValue& range, const Node& node, Id id, bool absorbing);
  FilterValue each_or_itself(const Node& node, Id id);
  FilterValue holds(const Node& node);

  FilterValue failed(Why why, Id id) const { return FilterValue(FilterFailure{why, id}); }
  FilterValue wrong(Id id, const FilterValue& left, const FilterValue& right = {}) const {
    return FilterValue(FilterFailure{Why::wrong_type, id, left.type(), right.type()});
  }
  bool spend(std::size_t steps) { return cost_.spend(steps); }
  template <class T>
  T* allocated(std::size_t count) {
    return static_cast<T*>(arena_.allocate(count * sizeof(T), alignof(T)));
  }
  const std::string& name_of(const Node& node) const { return program_.names[node.value]; }

  const filter::Program& program_;
  FilterEvent::Parts& event_;
  schema::Budget cost_{filter::kMaxCost};
  std::array<FilterValue, filter::kMaxDepth> slots_;
  std::array<std::byte, 1'024> first_bytes_;
  std::pmr::monotonic_buffer_resource arena_{first_bytes_.data(), first_bytes_.size()};
};

}  // namespace certes::event
