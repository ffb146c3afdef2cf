#include "common/registry/filtering.hpp"

namespace certes::registry {
namespace {

Filtered::Takes taken_where_it_fails(OnFilterError on_error) {
  switch (on_error) {
    case OnFilterError::skip: return Filtered::Takes::no;
    case OnFilterError::deliver: return Filtered::Takes::yes;
    case OnFilterError::dead_letter: break;
  }
  return Filtered::Takes::dead_letter;
}

}  // namespace

Filtered filtered(const filter::Program* filter, OnFilterError on_error, event::FilterEvent& event) {
  using Says = event::FilterResult::Says;
  if (filter == nullptr) return {};
  const event::FilterResult result = event::evaluate(*filter, event);
  if (result.says == Says::failed) return {taken_where_it_fails(on_error), event::describe(*filter, result.failure)};
  return {result.says == Says::yes ? Filtered::Takes::yes : Filtered::Takes::no};
}

}  // namespace certes::registry
