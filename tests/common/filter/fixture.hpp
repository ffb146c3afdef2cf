#pragma once
// What the tests of filters share: a filter held to a payload, in one word. Who: tests of filters. One thread.

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/event/filter.hpp"
#include "common/filter/compile.hpp"
#include "common/log/record.hpp"

namespace certes::filter {

using NamesAndValues = std::vector<std::pair<std::string, std::string>>;

// An event of type order.created with that payload. `headers`: more of its record's.
inline log::StoredRecord stored_event(std::string_view payload, const NamesAndValues& headers = {}) {
  log::StoredRecord record;
  for (const auto& [name, value] : NamesAndValues{{"certes-id", "evt_1"},
                                                  {"ce_specversion", "1.0"},
                                                  {"ce_id", "own-1"},
                                                  {"ce_source", "/shop"},
                                                  {"ce_type", "order.created"}})
    record.headers.add(name, value);
  for (const auto& [name, value] : headers) record.headers.add(name, value);
  record.value = payload;
  return record;
}

// "true", "false", or why it failed; "refused: …" where the filter cannot be compiled.
inline std::string said_of(const Result<ProgramPtr>& program, const log::StoredRecord& record) {
  if (!program) return "refused: " + program.error().message;
  const auto view = event::view(record);
  REQUIRE(view.has_value());
  event::JsonDocument document;
  event::FilterEvent event(record, *view, document);
  const auto result = event::evaluate(**program, event);
  CHECK(result.cost > 0);
  if (result.says == event::FilterResult::Says::failed) return std::string(event::to_string(result.failure.why));
  return result.says == event::FilterResult::Says::yes ? "true" : "false";
}

inline std::string said(std::string_view text, std::string_view payload, const NamesAndValues& headers = {}) {
  return said_of(compile_text(text), stored_event(payload, headers));
}

// Of an object of operators.
inline std::string object_said(std::string_view json, std::string_view payload, const NamesAndValues& headers = {}) {
  return said_of(compile(json), stored_event(payload, headers));
}

inline std::string refusal(std::string_view text) {
  const auto program = compile_text(text);
  return program ? "" : program.error().message;
}

}  // namespace certes::filter
