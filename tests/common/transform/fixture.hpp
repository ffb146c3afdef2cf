#pragma once
// What the tests of transformations share: one that is run on an event, in one text. Who: tests of transformations. One
// thread.

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/log/record.hpp"
#include "common/transform/compile.hpp"
#include "common/transform/transform.hpp"

namespace certes::transform {

using Lines = std::vector<std::pair<std::string, std::string>>;

// An event of type order.created with that payload. `headers`: more of its record's.
inline log::StoredRecord stored_event(std::string_view payload, const Lines& headers = {}) {
  log::StoredRecord record;
  for (const auto& [name, value] : Lines{{"certes-id", "evt_1"},
                                         {"ce_specversion", "1.0"},
                                         {"ce_id", "own-1"},
                                         {"ce_source", "/shop"},
                                         {"ce_type", "order.created"}})
    record.headers.add(name, value);
  for (const auto& [name, value] : headers) record.headers.add(name, value);
  record.value = payload;
  return record;
}

inline Transformed run(std::string_view json, const log::StoredRecord& record, const Limits& limits = {}) {
  const auto program = compile(json);
  REQUIRE_MESSAGE(program.has_value(), program.error().pointer << ": " << program.error().message);
  const auto view = event::view(record);
  REQUIRE(view.has_value());
  event::JsonDocument document;
  return transform(**program, {record, *view, document}, limits);
}

// The body; "kept" where there is none of its own; "WHY: text" where it has failed.
inline std::string made(std::string_view json, const log::StoredRecord& record, const Limits& limits = {}) {
  const Transformed made = run(json, record, limits);
  if (!made) return std::string(to_string(made.error().why)) + ": " + made.error().text;
  return made->body ? *made->body : "kept";
}

// "POINTER: message".
inline std::string refusal(std::string_view json) {
  const auto program = compile(json);
  return program ? "" : program.error().pointer + ": " + program.error().message;
}

}  // namespace certes::transform
