#include "common/event/filter_event.hpp"

#include "common/event/attributes.hpp"
#include "common/event/event_members.hpp"
#include "common/event/json_parts.hpp"
#include "common/log/names.hpp"

namespace certes::event {
namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

bool has_name(const std::vector<FilterEntry>& entries, std::string_view name) {
  for (const FilterEntry& entry : entries)
    if (entry.name == name) return true;
  return false;
}

// The first of a name counts, as everywhere.
void add_first(std::vector<FilterEntry>& entries, std::string_view name, std::string_view value) {
  if (!has_name(entries, name)) entries.push_back({name, FilterValue(value)});
}

std::vector<FilterEntry> entries_of(const NamesAndValues& all) {
  std::vector<FilterEntry> entries;
  entries.reserve(all.size() + 1);
  for (const auto& [name, value] : all) entries.push_back({name, FilterValue(value)});
  return entries;
}

}  // namespace

FilterEvent::FilterEvent(const log::StoredRecord& record, const EventView& view, JsonDocument& document)
    : parts_(std::make_unique<Parts>(record, view, document)) {}
FilterEvent::~FilterEvent() = default;

bool FilterEvent::has_parsed() const { return parts_->has_parsed(); }

FilterValue FilterEvent::Parts::table(std::vector<FilterEntry>& entries) {
  return FilterValue(FilterValue::Entries{entries.data(), entries.size()});
}

FilterEvent::Parts::Table FilterEvent::Parts::fields(const std::optional<FormFields>& form) {
  if (!form) return std::nullopt;
  std::vector<FilterEntry> entries;
  for (const auto& [name, value] : *form) add_first(entries, name, value);
  return entries;
}

FilterValue FilterEvent::Parts::data() {
  if (!data_) data_ = parsed();
  return *data_;
}

FilterValue FilterEvent::Parts::parsed() {
  if (equal_ignoring_case(media_type(view_.content_type), kFormType)) {
    form_ = parse_form(record_.value);
    form_fields_ = fields(form_);
    return form_fields_ ? table(*form_fields_) : FilterValue();
  }
  if (record_.value.empty() || !document_.parse(record_.value)) return {};
  const JsonValue root = document_.root();
  if (!root) return FilterValue(FilterFailure{FilterFailure::Why::inexact_data});
  return FilterValue::of(JsonValueAccess::element(root));
}

FilterValue FilterEvent::Parts::attribute(std::string_view name) {
  if (name == "data") return data();
  if (!event_) event_ = entries_of(attributes_of(record_, view_));
  return member_of(table(*event_), name);
}

FilterValue FilterEvent::Parts::event() {
  if (!event_) event_ = entries_of(attributes_of(record_, view_));
  const FilterValue payload = data();
  if (payload.failed()) return payload;
  if (payload.kind != FilterValue::Kind::missing && !has_name(*event_, "data")) event_->push_back({"data", payload});
  return table(*event_);
}

FilterValue FilterEvent::Parts::headers() {
  if (!headers_) headers_ = entries_of(forwarded_headers(record_));
  return table(*headers_);
}

FilterValue FilterEvent::Parts::query() {
  if (!query_fields_) {
    query_ = parse_form(record_.headers.get(log::names::kQuery)).value_or(FormFields{});
    query_fields_ = fields(query_);
  }
  return table(*query_fields_);
}

}  // namespace certes::event
